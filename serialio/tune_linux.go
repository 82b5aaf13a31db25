package serialio

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// serialStruct is the kernel's struct serial_struct, include/uapi/linux/serial.h.
type serialStruct struct {
	typ, line     int32
	port          uint32
	irq, flags    int32
	xmitFIFOSize  int32
	customDivisor int32
	baudBase      int32
	closeDelay    uint16
	ioType        byte
	_             byte
	hub6          int32
	closingWait   uint16
	closingWait2  uint16
	iomemBase     uintptr
	iomemRegShift uint16
	portHigh      uint32
	iomapBase     uintptr
}

const asyncLowLatency = 1 << 13

// tune asks a port's driver to deliver bytes at once (FTDI's holds them for 16 ms), and not to drop the control lines
// when the last program closes the port. Drivers that cannot do that ignore it.
func tune(fd int) {
	var s serialStruct
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGSERIAL, uintptr(unsafe.Pointer(&s))); errno == 0 {
		s.flags |= asyncLowLatency
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSSERIAL, uintptr(unsafe.Pointer(&s)))
	}
	if t, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
		t.Cflag &^= unix.HUPCL
		_ = unix.IoctlSetTermios(fd, unix.TCSETS, t)
	}
}
