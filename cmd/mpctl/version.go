package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"mpctl/firmware"
)

// version is set at build time by the Makefile; `go install` leaves it to the module's own version.
var version = ""

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of mpctl and of the firmware it carries",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := version
			if info, ok := debug.ReadBuildInfo(); v == "" && ok {
				v = info.Main.Version
			}
			if a.JSON {
				return a.PrintJSON(map[string]string{
					"version": v, "firmware": firmware.Version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
				})
			}
			return a.Row(fmt.Sprintf("mpctl %s (firmware %s, %s, %s/%s)",
				v, firmware.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
		},
	}
}
