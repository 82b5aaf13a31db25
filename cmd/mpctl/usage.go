package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a command line that cannot be carried out as given.
type usageError struct{ msg, hint string }

func (e usageError) Error() string { return e.msg }
func (e usageError) Hint() string  { return e.hint }

func seeHelp(cmd *cobra.Command) string { return fmt.Sprintf("see '%s --help'", cmd.CommandPath()) }

// flagError says in words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if !errors.As(err, &value) {
		return usageError{err.Error(), seeHelp(cmd)}
	}
	wanted, ok := map[string]string{"int": "a whole number", "duration": "a time like 5s or 500ms", "bool": "true or false"}[value.GetFlag().Value.Type()]
	if !ok {
		return usageError{err.Error(), seeHelp(cmd)}
	}
	return usageError{fmt.Sprintf("--%s needs %s, not %q", value.GetFlag().Name, wanted, value.GetValue()), seeHelp(cmd)}
}

// noArguments refuses arguments: at the root they are commands that do not exist.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasParent():
		return usageError{fmt.Sprintf("%s takes no arguments, and %q is one", cmd.Name(), args[0]), seeHelp(cmd)}
	}
	return unknownCommand(cmd, args[0])
}

func unknownCommand(root *cobra.Command, name string) error {
	hint := seeHelp(root)
	root.SuggestionsMinimumDistance = 2
	if similar := root.SuggestionsFor(name); len(similar) > 0 {
		hint = fmt.Sprintf("did you mean '%s %s'?", root.Name(), strings.Join(similar, fmt.Sprintf("' or '%s ", root.Name())))
	}
	return usageError{fmt.Sprintf("unknown command %q", name), hint}
}

// newHelpCmd is cobra's help command, which for a command that does not exist would print the help of another.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	}
}

// timeFlag is a time on the command line or in the environment: 5s, 500ms, or a number of seconds.
type timeFlag struct{ time *time.Duration }

func (f timeFlag) String() string {
	if f.time == nil {
		return "0s"
	}
	return f.time.String()
}

func (f timeFlag) Type() string { return "duration" }

func (f timeFlag) Set(text string) error {
	d, err := parseTime(text)
	if err == nil {
		*f.time = d
	}
	return err
}

func parseTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds != seconds || seconds < -1e9 || seconds > 1e9 {
		return 0, errors.New("not a time")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// asksForJSON reports whether a command line that could not be parsed was to print JSON.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
