package main

import (
	"io"
	"strings"

	"rsc.io/qr"
)

// writeQR draws text as a QR code for a phone's camera, two rows of it in each line of the terminal.
func writeQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return err
	}
	const quiet = 2 // modules of margin: four is the standard's, two do on a screen
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		// Black on white, whatever the terminal's colours are: cameras want dark modules on a light ground.
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < code.Size+quiet; x++ {
			// Black is false outside of the code.
			b.WriteString([]string{" ", "▄", "▀", "█"}[bit(code.Black(x, y))<<1|bit(code.Black(x, y+1))])
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}
