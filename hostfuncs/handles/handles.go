// Package handles turns a ledger's errors into the ABI's errno numbers, once for all families.
package handles

import (
	"context"
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/ledger"
)

// Errno returns the number for an error of the ledger: EBADF, EMFILE, ENFILE or ECANCELED; ETIMEDOUT for a deadline, EIO for
// anything else, OK for nil.
func Errno(err error) abi.Errno {
	var errno abi.Errno
	switch {
	case err == nil:
		return abi.OK
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, ledger.ErrBadHandle):
		return abi.EBADF
	case errors.Is(err, ledger.ErrKindQuota):
		return abi.EMFILE
	case errors.Is(err, ledger.ErrQuota):
		return abi.ENFILE
	case errors.Is(err, ledger.ErrSealed), errors.Is(err, context.Canceled):
		return abi.ECANCELED
	case errors.Is(err, context.DeadlineExceeded):
		return abi.ETIMEDOUT
	default:
		return abi.EIO
	}
}
