package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"mpctl/internal/identity"
)

type provisionOptions struct {
	port         string
	ssid         string
	passwordIn   bool
	passwordFile string
	name         string
	lightPin     int // -1: not given
	dryRun       bool
	noWiFi       bool
	all          bool
}

func newProvisionCmd(a *app) *cobra.Command {
	var o provisionOptions
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Put the firmware and a WiFi network onto the board at the USB cable",
		Long: `Put the firmware onto the MicroPython board at the USB cable and the board onto the WiFi, then prove from
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
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("light-pin") {
				o.lightPin = -1
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			if o.all {
				return a.provisionAll(cmd.Context(), o)
			}
			return a.provision(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.port, "port", "", "serial port of the board (default: the only one; MPCTL_PORT)")
	flags.StringVar(&o.ssid, "ssid", "", "name of the WiFi network (default: asked for; MPCTL_WIFI_SSID)")
	flags.BoolVar(&o.passwordIn, "password-stdin", false, "read the WiFi password from the first line of stdin")
	flags.StringVar(&o.passwordFile, "password-file", "", "read the WiFi password from the first line of this file")
	flags.StringVar(&o.name, "name", "", "name of the board, 1-24 of a-z 0-9 and inner hyphens (default: the one it has, else mpy- and its id's last 6 digits)")
	flags.IntVar(&o.lightPin, "light-pin", 0, "GPIO of a light sensor, on boards that have none of their own")
	flags.BoolVar(&o.all, "all", false, "every board that is plugged in, at the same time; --name lab names them lab-1, lab-2, …")
	flags.BoolVar(&o.noWiFi, "no-wifi", false, "put the firmware onto the board and leave its WiFi alone")
	flags.BoolVar(&o.dryRun, "dry-run", false, "tell what would be done; change nothing on the board")
	return cmd
}

// maxPin is above every GPIO number of the supported chips; the board knows which of them can measure.
const maxPin = 64

// check finds what is wrong before anything is touched.
func (o *provisionOptions) check(cmd *cobra.Command) error {
	for _, pair := range [][2]string{{"password-stdin", "password-file"}, {"all", "port"}, {"no-wifi", "ssid"}} {
		if cmd.Flags().Changed(pair[0]) && cmd.Flags().Changed(pair[1]) {
			return usageError{fmt.Sprintf("--%s and --%s contradict each other", pair[0], pair[1]), "give one of them"}
		}
	}
	switch {
	case cmd.Flags().Changed("name") && !identity.IsName(o.name):
		return usageError{fmt.Sprintf("%q cannot be a board's name", o.name), "a name is 1 to 24 of a-z, 0-9 and inner hyphens, like desk or window-2"}
	case o.lightPin < -1 || o.lightPin > maxPin:
		return usageError{fmt.Sprintf("there is no GPIO %d", o.lightPin), "give the number of the pin that the sensor is at, like --light-pin 34"}
	case cmd.Flags().Changed("ssid") && o.ssid == "":
		return usageError{"the name of the network is empty", "give it with --ssid, or leave the flag out"}
	}
	return nil
}
