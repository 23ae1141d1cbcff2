//go:build !windows

package front

import "syscall"

const (
	errnoAddressInUse        = syscall.EADDRINUSE
	errnoAddressNotAvailable = syscall.EADDRNOTAVAIL
)
