package front

import "syscall"

// Winsock's numbers: package syscall has only invented ones under the POSIX names.
// https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2
const (
	errnoAddressInUse        = syscall.Errno(10048)
	errnoAddressNotAvailable = syscall.Errno(10049)
)
