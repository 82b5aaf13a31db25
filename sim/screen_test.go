//go:build linux || darwin

package sim_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"testing"

	"mpctl/sim"
)

// litRows reports for each text row, of 16 pixels, whether a pixel in it is lit.
func litRows(picture *image.Gray) (rows [4]bool) {
	for y := range 64 {
		for x := range 128 {
			if picture.GrayAt(x, y).Y != 0 {
				rows[y/16] = true
			}
		}
	}
	return rows
}

func TestScreenShowsTheAddress(t *testing.T) {
	b := start(t, sim.Config{})
	get(t, b, "/")
	picture, err := b.Screen()
	if err != nil {
		t.Fatal(err)
	}
	if got := litRows(picture); got != [4]bool{true, true, true, false} {
		t.Errorf("rows with text: %v, want the sentence, the address and the name", got)
	}
	var out bytes.Buffer
	if err := b.WriteScreen(&out, 4); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("SAVE_SCREEN"); path != "" {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	decoded, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	if decoded.Bounds().Dx() != 512 || decoded.Bounds().Dy() != 256 {
		t.Errorf("the PNG is %v, want 512 x 256", decoded.Bounds())
	}
}

func TestESP32HasNoScreen(t *testing.T) {
	b := start(t, sim.Config{Model: sim.ESP32})
	get(t, b, "/")
	if _, err := b.Screen(); !errors.Is(err, sim.ErrNoScreen) {
		t.Errorf("err = %v, want ErrNoScreen", err)
	}
}
