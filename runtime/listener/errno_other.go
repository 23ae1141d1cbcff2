//go:build !windows

package listener

import "syscall"

const (
	errnoAddressInUse        = syscall.EADDRINUSE
	errnoAddressNotAvailable = syscall.EADDRNOTAVAIL
)
