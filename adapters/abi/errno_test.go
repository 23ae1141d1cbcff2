package abi_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"testing"

	"innkeeper/adapters/abi"
)

func TestErrno(t *testing.T) {
	if got := abi.EBADF.Result(); got != -8 {
		t.Errorf("EBADF as a result: %d", got)
	}
	err := abi.FromResult(-8)
	if !errors.Is(fmt.Errorf("handle[3]: %w", err), abi.EBADF) || err.Error() != "EBADF" {
		t.Errorf("got %v", err)
	}
	for _, good := range []int32{0, 1, math.MaxInt32} {
		if err := abi.FromResult(good); err != nil {
			t.Errorf("result %d: %v", good, err)
		}
	}
	if got := abi.Errno(12345).Error(); got != "errno 12345" {
		t.Errorf("a number without a name: %q", got)
	}
}

// The names and values are WASI's, spot-checked against the published list.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-errno-variant
func TestErrnoNumbers(t *testing.T) {
	for errno, want := range map[abi.Errno]string{
		0: "OK", 1: "E2BIG", 2: "EACCES", 6: "EAGAIN", 8: "EBADF", 10: "EBUSY", 11: "ECANCELED", 20: "EEXIST", 21: "EFAULT",
		28: "EINVAL", 29: "EIO", 33: "EMFILE", 35: "EMSGSIZE", 37: "ENAMETOOLONG", 41: "ENFILE", 44: "ENOENT", 48: "ENOMEM",
		51: "ENOSPC", 52: "ENOSYS", 56: "ENOTRECOVERABLE", 58: "ENOTSUP", 63: "EPERM", 64: "EPIPE", 68: "ERANGE",
		73: "ETIMEDOUT",
	} {
		if got := errno.Error(); got != want {
			t.Errorf("errno %d: got %s, want %s", int32(errno), got, want)
		}
	}
}

// Every constant of errno.go is in the table, under its own name.
func TestErrnosIsWhole(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errno.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]abi.Constant{}
	for _, e := range abi.Errnos() {
		table[e.Name] = e
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		constants++
		name := spec.Names[0].Name
		if e := table[name]; fmt.Sprint(e.Value) != value.Value || e.Doc == "" || abi.Errno(e.Value).Error() != name {
			t.Errorf("%s = %s is %+v in the table", name, value.Value, e)
		}
		return false
	})
	if constants != len(table) || constants < 20 {
		t.Errorf("%d constants, %d in the table", constants, len(table))
	}
}
