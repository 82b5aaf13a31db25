package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"mpctl/internal/provision"
)

type provisionOptions struct {
	port         string
	ssid         string
	passwordIn   bool
	passwordFile string
	name         string
	lightPin     *int // nil: not given
	dryRun       bool
	noWiFi       bool
	all          bool
}

// provisionCommand is one run of provision.
type provisionCommand struct {
	*app
	o provisionOptions
}

func newProvisionCmd(a *app) *cobra.Command {
	var (
		o   provisionOptions
		pin int
	)
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Put the firmware and a WiFi network onto the board at the USB cable",
		Long: `Put the firmware onto the MicroPython board at the USB cable and the board onto the WiFi, then check from
this computer that it is found there and gives a reading.

Only what differs is sent. The new files take their places when all of them have been read back right, and the
settings are written when the board has really joined the network: whatever fails before leaves the board as it
was. A main.py that is not mpctl's is kept as main.py.bak.

A board that knows a network keeps it unless --ssid names another. So on a board that was provisioned before,
'mpctl provision' alone brings the firmware up to date, and --name changes its name and nothing else.

The password of the network is never an argument, where others on this computer could see it. It is asked for;
or give it with --password-stdin, --password-file or in MPCTL_WIFI_PASSWORD. An empty one means an open network.`,
		Example: `  # asks for what it needs to know
  mpctl provision

  # in a script
  mpctl provision --port /dev/ttyUSB0 --ssid classroom --name desk --password-file ~/.wifi-password

  # every board that is plugged in: lab-1, lab-2, …
  mpctl provision --all --ssid classroom --name lab

  # what would be sent?
  mpctl provision --dry-run`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("light-pin") {
				o.lightPin = &pin
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			if o.all {
				return provisionCommand{a, o}.all(cmd.Context())
			}
			return provisionCommand{a, o}.one(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.port, "port", "", "serial port of the board (default: the only one; MPCTL_PORT)")
	flags.StringVar(&o.ssid, "ssid", "", "name of the WiFi network (default: asked for; MPCTL_WIFI_SSID)")
	flags.BoolVar(&o.passwordIn, "password-stdin", false, "read the WiFi password from the first line of stdin")
	flags.StringVar(&o.passwordFile, "password-file", "", "read the WiFi password from the first line of this file")
	flags.StringVar(&o.name, "name", "", "name of the board, 1-24 of a-z 0-9 and hyphens, not first or last (default: the one it has, else mpy- and its id's last 6 digits)")
	flags.IntVar(&pin, "light-pin", 0, "GPIO of a light sensor, on boards that have none of their own")
	flags.BoolVar(&o.all, "all", false, "every board that is plugged in, at the same time; --name lab names them lab-1, lab-2, …")
	flags.BoolVar(&o.noWiFi, "no-wifi", false, "put the firmware onto the board and leave its WiFi alone")
	flags.BoolVar(&o.dryRun, "dry-run", false, "tell what would be done; change nothing on the board")
	return cmd
}

// check finds what is wrong before anything is touched.
func (o *provisionOptions) check(cmd *cobra.Command) error {
	for _, pair := range [][2]string{{"password-stdin", "password-file"}, {"all", "port"}, {"no-wifi", "ssid"}} {
		if cmd.Flags().Changed(pair[0]) && cmd.Flags().Changed(pair[1]) {
			return usageError{fmt.Sprintf("--%s and --%s cannot be combined", pair[0], pair[1]), "give one of them"}
		}
	}
	if cmd.Flags().Changed("name") {
		if err := provision.CheckName(o.name); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("ssid") && o.ssid == "" {
		return usageError{"the name of the network is empty", "give it with --ssid, or leave the flag out"}
	}
	return o.engine(provision.Credentials{SSID: o.ssid}).Check()
}

// engine is the options as internal/provision has them.
func (o *provisionOptions) engine(c provision.Credentials) provision.Options {
	return provision.Options{Credentials: c, NoWiFi: o.noWiFi, Name: o.name, LightPin: o.lightPin}
}
