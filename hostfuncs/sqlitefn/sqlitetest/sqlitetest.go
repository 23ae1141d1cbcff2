// Package sqlitetest gives tests of adapters real databases in a folder, with a ledger that has to be empty at the end.
package sqlitetest

import (
	"context"
	"testing"

	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// Open is the database functions of one instance. The end of the test closes what the instance left open.
func Open(t testing.TB, dir string, labels ...string) *sqlitefn.Family {
	t.Helper()
	return OpenWithin(t, dir, sqlitefn.Limits{}, labels...)
}

// OpenWithin is Open with limits of its own.
func OpenWithin(t testing.TB, dir string, limits sqlitefn.Limits, labels ...string) *sqlitefn.Family {
	t.Helper()
	books := ledger.New(ledger.Quota{})
	t.Cleanup(func() {
		if err := books.CloseAll(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return sqlitefn.New(context.Background(), sqlitefn.Config{Dir: dir, Labels: labels, Ledger: books, Limits: limits})
}
