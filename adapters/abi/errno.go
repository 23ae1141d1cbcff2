package abi

import "strconv"

// Errno is a WASI preview 1 error number. A host function returns it negated; 0 is success.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-errno-variant
type Errno int32

// The numbers that host functions use, with WASI's names and values. [Errnos] says what they mean.
const (
	OK              Errno = 0
	E2BIG           Errno = 1
	EACCES          Errno = 2
	EAGAIN          Errno = 6
	EBADF           Errno = 8
	EBUSY           Errno = 10
	ECANCELED       Errno = 11
	EEXIST          Errno = 20
	EFAULT          Errno = 21
	EINVAL          Errno = 28
	EIO             Errno = 29
	EMFILE          Errno = 33
	EMSGSIZE        Errno = 35
	ENAMETOOLONG    Errno = 37
	ENFILE          Errno = 41
	ENOENT          Errno = 44
	ENOMEM          Errno = 48
	ENOSPC          Errno = 51
	ENOSYS          Errno = 52
	ENOTRECOVERABLE Errno = 56
	ENOTSUP         Errno = 58
	EPERM           Errno = 63
	EPIPE           Errno = 64
	ERANGE          Errno = 68
	ETIMEDOUT       Errno = 73
)

// Errnos is the table of the error numbers, in order.
func Errnos() []Constant {
	list := make([]Constant, 0, len(errnoTable))
	for _, e := range errnoTable {
		list = append(list, Constant{e.name, int64(e.errno), e.doc})
	}
	return list
}

var errnoTable = [...]struct {
	errno     Errno
	name, doc string
}{
	{OK, "OK", "success"},
	{E2BIG, "E2BIG", "an argument is longer than the limit"},
	{EACCES, "EACCES", "the family or the thing was not granted"},
	{EAGAIN, "EAGAIN", "nothing there yet, or no room now; wait for the event"},
	{EBADF, "EBADF", "not a live handle of this kind"},
	{EBUSY, "EBUSY", "in use"},
	{ECANCELED, "ECANCELED", "the instance is being torn down"},
	{EEXIST, "EEXIST", "already there, or already done"},
	{EFAULT, "EFAULT", "a pointer and length outside of the guest's memory"},
	{EINVAL, "EINVAL", "an argument makes no sense"},
	{EIO, "EIO", "the machine below failed"},
	{EMFILE, "EMFILE", "the quota of this kind of handle is used up"},
	{EMSGSIZE, "EMSGSIZE", "a message is larger than the limit"},
	{ENAMETOOLONG, "ENAMETOOLONG", "a name is longer than the limit"},
	{ENFILE, "ENFILE", "the instance's quota of handles is used up"},
	{ENOENT, "ENOENT", "no such thing"},
	{ENOMEM, "ENOMEM", "no memory left for it"},
	{ENOSPC, "ENOSPC", "no space left on the device"},
	{ENOSYS, "ENOSYS", "this host has no such function"},
	{ENOTRECOVERABLE, "ENOTRECOVERABLE", "the handle's state is lost; only closing it is left"},
	{ENOTSUP, "ENOTSUP", "not supported"},
	{EPERM, "EPERM", "not permitted"},
	{EPIPE, "EPIPE", "the other side has gone"},
	{ERANGE, "ERANGE", "a number is out of its range"},
	{ETIMEDOUT, "ETIMEDOUT", "the deadline passed"},
}

// Error is the number's WASI name, so that an Errno can be returned as an error and compared with errors.Is.
func (e Errno) Error() string {
	for _, known := range errnoTable {
		if known.errno == e {
			return known.name
		}
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
