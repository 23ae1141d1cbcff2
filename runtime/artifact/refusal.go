package artifact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"innkeeper/runtime/module"
	"innkeeper/runtime/ordinaryfile"
)

// Refusal is why a file is no module that this host would run. Nothing but another file helps.
type Refusal struct {
	Reference string // of the author's file
	Err       error
	Hint      string // what to do; may be empty
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("module[%s]: %v", r.Reference, r.Err) }

// Unwrap lets errors.As find what the decoder said.
func (r *Refusal) Unwrap() error { return r.Err }

// Reasons for errors.Is, beside those of ordinaryfile.
var (
	// ErrNoManifest means that a module does not describe itself.
	ErrNoManifest = errors.New("the module has no manifest; add one with: innkeeper pack MODULE MANIFEST")
	// ErrNoName means that a file in the drop-in folder bears no name that an adapter can have.
	ErrNoName = errors.New("is no name for an adapter")
	// ErrWorldWritable means that anybody could have put a file where it lies.
	ErrWorldWritable = errors.New("everybody may write it")
	// ErrNoRoom means that there was no place for what a compiler makes.
	ErrNoRoom = errors.New("no room for compiled code")
	// ErrNoCompiler means that a compiler could not work for want of what comes back by itself.
	ErrNoCompiler = errors.New("the compiler could not work")
)

// refuse makes a refusal, unless nothing failed, or what failed may pass. What the decoder or the compiler has to say of a way out becomes the hint.
func refuse(reference string, err error) error {
	if err == nil {
		return nil
	}
	if Temporary(err) {
		return fmt.Errorf("module[%s]: %w", reference, err)
	}
	r := &Refusal{Reference: reference, Err: err}
	var decoded *module.Error
	var costly *NeedsMoreError
	switch {
	case errors.As(err, &decoded):
		r.Hint = decoded.Hint
	case errors.As(err, &costly):
		r.Hint = costly.Hint()
	}
	return r
}

// Temporary reports whether something failed for want of what comes back by itself: descriptors, memory, space, time, a copy that
// is not whole yet. Everything else about a module stays as it is until a person changes it.
func Temporary(err error) bool {
	return slices.ContainsFunc([]error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOSPC, syscall.EAGAIN, syscall.EINTR, syscall.EIO,
		context.Canceled, context.DeadlineExceeded, ordinaryfile.ErrChanging, ErrNoCompiler, ErrNoRoom,
	}, func(passing error) bool { return errors.Is(err, passing) })
}
