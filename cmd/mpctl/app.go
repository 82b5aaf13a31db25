package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/remembered"
)

// app is what every command shares: the console and the global flags.
type app struct {
	*console.Console
	env    func(string) string
	memory remembered.File

	timeout    time.Duration // 0: the command's own default
	interfaces []string      // empty: every usable one, and loopback
}

func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "mpctl",
		Short: "Provision, find and read MicroPython boards",
		Long: `mpctl takes a MicroPython board from a USB cable to readings over WiFi.

  mpctl provision        firmware onto the board, board onto the WiFi, then checked from this computer
  mpctl ls               every board, on USB and on the network
  mpctl read light       the reading, now
  mpctl get URL          fetch a page, from a board or anywhere`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.readEnvironment(cmd)
		},
	}
	root.SetOut(a.Text())
	root.SetErr(a.Messages())
	root.SetFlagErrorFunc(flagError)

	flags := root.PersistentFlags()
	flags.BoolVar(&a.JSON, "json", false, "print JSON, one object a line; errors too")
	flags.BoolVar(&a.NoColor, "no-color", false, "never use colour (NO_COLOR does the same)")
	flags.BoolVarP(&a.Verbose, "verbose", "v", false, "say what is being done, on stderr")
	flags.Var(timeFlag{&a.timeout}, "timeout", "give up after this long, like 5s (default: each command's own; MPCTL_TIMEOUT)")
	flags.StringArrayVar(&a.interfaces, "interface", nil, "search on this network interface only; repeatable (default: all; MPCTL_INTERFACE, comma-separated)")

	root.AddCommand(newProvisionCmd(a), newLsCmd(a), newReadCmd(a), newGetCmd(a), newSimCmd(a), newVersionCmd(a))
	root.SetHelpCommand(newHelpCmd())
	return root
}

// readEnvironment fills the global flags that were not given from the MPCTL_ variables.
func (a *app) readEnvironment(cmd *cobra.Command) error {
	if v := a.env("MPCTL_TIMEOUT"); v != "" && !cmd.Flags().Changed("timeout") {
		var err error
		if a.timeout, err = parseTime(v); err != nil {
			return usageError{fmt.Sprintf("MPCTL_TIMEOUT is %q, not a time", v), "give a time like 5s or 500ms"}
		}
	}
	if a.timeout < 0 {
		return usageError{msg: fmt.Sprintf("the timeout is %s, below zero", a.timeout), hint: "give a time like 5s"}
	}
	if v := a.env("MPCTL_INTERFACE"); v != "" && len(a.interfaces) == 0 {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.TrimSpace(name); name != "" {
				a.interfaces = append(a.interfaces, name)
			}
		}
	}
	for _, name := range a.interfaces {
		// Before anything is done: a board half-way through provisioning would be a bad moment to find out.
		if _, err := net.InterfaceByName(name); err != nil {
			return usageError{msg: fmt.Sprintf("there is no network interface %q", name), hint: "this computer has " + interfaceNames()}
		}
	}
	a.NoColor = !a.Colour()
	return nil
}

// finder returns what this command finds boards with.
func (a *app) finder() *boards.Finder {
	return boards.New(boards.Options{
		Interfaces: a.interfaces, Timeout: a.timeout, Memory: a.memory, Verbose: a.Verbose,
		Warn: func(err error) { a.Warn("%v", err) },
	})
}

func interfaceNames() string {
	interfaces, _ := net.Interfaces()
	var names []string
	for _, ifi := range interfaces {
		names = append(names, ifi.Name)
	}
	return strings.Join(names, ", ")
}
