package abi

import "strconv"

// Errno is a WASI preview 1 error number. A host function returns it negated; 0 is success.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-errno-variant
type Errno int32

// The numbers that host functions use, with WASI's names and values.
const (
	OK              Errno = 0
	E2BIG           Errno = 1  // an argument is longer than the limit
	EACCES          Errno = 2  // the family or the thing was not granted
	EAGAIN          Errno = 6  // nothing there yet, or no room now; wait for the event
	EBADF           Errno = 8  // not a live handle of this kind
	EBUSY           Errno = 10 // in use
	ECANCELED       Errno = 11 // the instance is being torn down
	EEXIST          Errno = 20 // already there, or already done
	EFAULT          Errno = 21 // a pointer and length outside of the guest's memory
	EINVAL          Errno = 28 // an argument makes no sense
	EIO             Errno = 29 // the machine below failed
	EMFILE          Errno = 33 // the quota of this kind of handle is used up
	EMSGSIZE        Errno = 35 // a message is larger than the limit
	ENAMETOOLONG    Errno = 37 // a name is longer than the limit
	ENFILE          Errno = 41 // the instance's quota of handles is used up
	ENOENT          Errno = 44 // no such thing
	ENOMEM          Errno = 48 // no memory left for it
	ENOSPC          Errno = 51 // no space left on the device
	ENOSYS          Errno = 52 // this host has no such function
	ENOTRECOVERABLE Errno = 56 // the handle's state is lost; only closing it is left
	ENOTSUP         Errno = 58 // not supported
	EPERM           Errno = 63 // not permitted
	EPIPE           Errno = 64 // the other side has gone
	ERANGE          Errno = 68 // a number is out of its range
	ETIMEDOUT       Errno = 73 // the deadline passed
)

var errnoNames = map[Errno]string{
	OK: "OK", E2BIG: "E2BIG", EACCES: "EACCES", EAGAIN: "EAGAIN", EBADF: "EBADF", EBUSY: "EBUSY",
	ECANCELED: "ECANCELED", EEXIST: "EEXIST", EFAULT: "EFAULT", EINVAL: "EINVAL", EIO: "EIO", EMFILE: "EMFILE",
	EMSGSIZE: "EMSGSIZE", ENAMETOOLONG: "ENAMETOOLONG", ENFILE: "ENFILE", ENOENT: "ENOENT", ENOMEM: "ENOMEM",
	ENOSPC: "ENOSPC", ENOSYS: "ENOSYS", ENOTRECOVERABLE: "ENOTRECOVERABLE", ENOTSUP: "ENOTSUP", EPERM: "EPERM",
	EPIPE: "EPIPE", ERANGE: "ERANGE", ETIMEDOUT: "ETIMEDOUT",
}

// Error is the number's WASI name, so that an Errno can be returned as an error and compared with errors.Is.
func (e Errno) Error() string {
	if name, ok := errnoNames[e]; ok {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}

// Result is the errno as a host function returns it: negated.
func (e Errno) Result() int32 { return -int32(e) }

// FromResult reads a host function's result: an error if it is negative, else nil.
func FromResult(r int32) error {
	if r < 0 {
		return Errno(-r)
	}
	return nil
}
