package console

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QR draws text on stdout as a code for a phone's camera. It draws nothing where stdout is no terminal, or has no
// colours: without them the code could not be told from its own negative.
func (c *Console) QR(text string) error {
	if c.out.terminal == nil || !c.Colour() {
		return nil
	}
	drawn, err := drawQR(text)
	if err != nil {
		return err
	}
	return c.write(c.out, []byte(drawn))
}

// drawQR returns text as a QR code, two rows of modules in each line.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("drawing a QR code: %w", err)
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
	return b.String(), nil
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}
