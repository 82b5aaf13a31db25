//go:build unix && !linux

package serialio

func tune(int) {}
