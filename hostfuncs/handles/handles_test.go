package handles_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/handles"
	"innkeeper/runtime/ledger"
)

type inert struct{ err error }

func (r inert) CloseHandle(context.Context) error { return r.err }

func TestErrno(t *testing.T) {
	for _, test := range []struct {
		err  error
		want abi.Errno
	}{
		{nil, abi.OK},
		{ledger.ErrBadHandle, abi.EBADF},
		{ledger.ErrKindQuota, abi.EMFILE},
		{ledger.ErrQuota, abi.ENFILE},
		{ledger.ErrSealed, abi.ECANCELED},
		{context.Canceled, abi.ECANCELED},
		{context.DeadlineExceeded, abi.ETIMEDOUT},
		{errors.New("disk on fire"), abi.EIO},
		{abi.EPIPE, abi.EPIPE},
		{fmt.Errorf("statement: %w", abi.ENOMEM), abi.ENOMEM},
		{fmt.Errorf("parent[7]: %w", ledger.ErrBadHandle), abi.EBADF},
		// A number is more exact than what it came with, and the ledger's word more than that of a closer.
		{errors.Join(ledger.ErrSealed, abi.EIO), abi.EIO},
		{errors.Join(ledger.ErrSealed, errors.New("close")), abi.ECANCELED},
		{errors.Join(ledger.ErrKindQuota, context.DeadlineExceeded), abi.EMFILE},
	} {
		if got := handles.Errno(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}

// The ledger's real errors, as guests bring them about.
func TestErrnoOfALedger(t *testing.T) {
	ctx := context.Background()
	l := ledger.New(ledger.Quota{Total: 2, Kinds: map[ledger.Kind]int{"a": 1}})
	register := func(kind ledger.Kind, parent uint32, closing error) error {
		_, err := l.Register(ctx, kind, parent, "test", inert{closing})
		return err
	}
	id, err := l.Register(ctx, "a", 0, "test", inert{})
	if handles.Errno(err) != abi.OK {
		t.Fatal(err)
	}
	check := func(what string, err error, want abi.Errno) {
		t.Helper()
		if got := handles.Errno(err); got != want {
			t.Errorf("%s: %v (%v), want %v", what, got, err, want)
		}
	}
	check("a second of a kind with one", register("a", 0, nil), abi.EMFILE)
	check("the same, and it cannot be closed", register("a", 0, errors.New("busy")), abi.EMFILE)
	check("a parent that is not there", register("b", 99, nil), abi.EBADF)
	check("the last of all", register("b", id, nil), abi.OK)
	check("one more than all", register("b", 0, nil), abi.ENFILE)
	check("no room", l.Room("b"), abi.ENFILE)
	_, err = l.Acquire("b", id)
	check("another kind", err, abi.EBADF)
	check("closing", l.Close(ctx, "a", id), abi.OK)
	check("closing twice", l.Close(ctx, "a", id), abi.EBADF)
	check("closing everything", l.CloseAll(ctx), abi.OK)
	check("after that", register("b", 0, nil), abi.ECANCELED)
}
