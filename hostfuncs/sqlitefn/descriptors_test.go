package sqlitefn_test

import (
	"os"
	"path/filepath"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/budget"
)

// A connection takes the descriptors of its files while it is open. Without them it is refused, and what fails to open takes none.
func TestConnectionsAreChargedForTheirFiles(t *testing.T) {
	shared := budget.New(2*sqlitefn.ConnectionDescriptors + 2)
	in := start(t, func(c *sqlitefn.Config) { c.Descriptors = shared })
	used := func(connections int64) {
		t.Helper()
		if use := shared.Use(); use.Used != connections*sqlitefn.ConnectionDescriptors {
			t.Errorf("%d descriptors for %d connections", use.Used, connections)
		}
	}
	var first, second, third uint32
	for _, handle := range []*uint32{&first, &second} {
		if r := in.Open([]byte("main"), handle); r != 0 {
			t.Fatal(r)
		}
	}
	used(2)
	if r := in.Open([]byte("main"), &third); r != abi.EMFILE.Result() {
		t.Errorf("one more: %d", r)
	}
	if r := in.Close(first); r != 0 {
		t.Fatal(r)
	}
	used(1)
	if r := in.Open([]byte("main"), &third); r != 0 {
		t.Errorf("after one was closed: %d", r)
	}
	in.Close(third)
	in.Close(second)
	used(0)
	if err := os.Rename(filepath.Join(in.dir, "main.db"), filepath.Join(in.dir, "other")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(in.dir, "main.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := in.Open([]byte("main"), &third); r == 0 {
		t.Error("a folder was opened")
	}
	used(0)
}
