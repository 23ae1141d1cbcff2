package front

import (
	"errors"
	"fmt"
	"os"
)

// ErrAddressInUse means that something else listens at the address. Trying again does not help until it is gone.
var ErrAddressInUse = errors.New("address already in use")

// BindError is why a listener could not be opened.
type BindError struct {
	Address string
	// Hint tells an operator what to do; it may be empty.
	Hint string
	// Err is the cause. If something else listens there, errors.Is finds [ErrAddressInUse] in it.
	Err error
}

// Error names the address, the cause and the hint.
func (e *BindError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("listen[%s]: %v", e.Address, e.Err)
	}
	return fmt.Sprintf("listen[%s]: %v; %s", e.Address, e.Err, e.Hint)
}

// Unwrap is the cause.
func (e *BindError) Unwrap() error { return e.Err }

// bindError gives the operating system's error a name and a hint.
func bindError(address string, err error) *BindError {
	e := &BindError{Address: address, Err: err}
	switch {
	case errors.Is(err, errnoAddressInUse):
		e.Err = fmt.Errorf("%w (%w)", ErrAddressInUse, err)
		e.Hint = "stop the other program or set another listen address"
	case errors.Is(err, errnoAddressNotAvailable):
		e.Hint = "no interface of this machine has that address"
	case errors.Is(err, os.ErrPermission):
		e.Hint = "ports below 1024 need a privilege; choose a higher one"
	}
	return e
}
