//go:build linux || darwin

package sim

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
)

// The size of a mPython board's OLED in pixels. It is an SSD1306: a byte of its memory is eight pixels of a column.
const (
	screenWidth  = 128
	screenHeight = 64
)

// ErrNoScreen is returned by [Board.Screen] for a board that has no screen, or has shown nothing yet.
var ErrNoScreen = errors.New("the board shows nothing")

// Screen returns the picture on the board's OLED: 128 x 64 pixels, lit ones white. The error may be ErrNoScreen.
func (b *Board) Screen() (*image.Gray, error) {
	memory, err := os.ReadFile(filepath.Join(b.dir, "oled"))
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && len(memory) != screenWidth*screenHeight/8:
		return nil, ErrNoScreen
	case err != nil:
		return nil, fmt.Errorf("reading the screen: %w", err)
	}
	picture := image.NewGray(image.Rect(0, 0, screenWidth, screenHeight))
	for y := range screenHeight {
		for x := range screenWidth {
			if memory[y/8*screenWidth+x]>>(y%8)&1 == 1 {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return picture, nil
}

// WriteScreen writes the picture of Screen as a PNG that is scale times as wide and high.
func (b *Board) WriteScreen(w io.Writer, scale int) error {
	picture, err := b.Screen()
	if err != nil {
		return err
	}
	large := image.NewGray(image.Rect(0, 0, screenWidth*scale, screenHeight*scale))
	for y := range large.Rect.Dy() {
		for x := range large.Rect.Dx() {
			large.SetGray(x, y, picture.GrayAt(x/scale, y/scale))
		}
	}
	return png.Encode(w, large)
}
