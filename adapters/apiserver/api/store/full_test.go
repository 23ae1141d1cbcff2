package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// openSmall is a store in a database that may grow to so many bytes.
func openSmall(t *testing.T, limit int64) *Store {
	t.Helper()
	ctx := context.Background()
	families := sdktest.New().ABI()
	books := ledger.New(ledger.Quota{})
	families.SQLite = sqlitefn.New(ctx, sqlitefn.Config{
		Dir: t.TempDir(), Labels: []string{Label}, Ledger: books, Logger: slog.New(slog.DiscardHandler),
		Limits: sqlitefn.Limits{MaxDatabase: limit},
	})
	t.Cleanup(func() {
		if err := books.CloseAll(ctx); err != nil {
			t.Error(err)
		}
	})
	s, err := Open(sdk.New(families), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sized(id string, size int) Entry {
	e := entry(id)
	e.Context = bytes.Repeat([]byte("x"), size)
	return e
}

func TestFullDatabaseMakesRoomOldestFirst(t *testing.T) {
	s := openSmall(t, 512<<10)
	for i := range 100 {
		put(t, s, sized(fmt.Sprintf("resp_%d", i), 20<<10))
	}
	if has(t, s, "resp_0") || !has(t, s, "resp_99") {
		t.Error("want the newest kept at the price of the oldest")
	}
	if n := s.Len(); n < 5 || n > 25 {
		t.Errorf("%d rows of 20 KiB in 512 KiB", n)
	}
}

func TestWhatCannotBeStoredCostsNothingThatIs(t *testing.T) {
	s := openSmall(t, 512<<10)
	for i := range 10 {
		put(t, s, sized(fmt.Sprintf("resp_%d", i), 20<<10))
	}
	if err := s.Put(sized("resp_huge", 1<<20)); !errors.Is(err, sqlite.FULL) {
		t.Fatalf("got %v, want SQLITE_FULL", err)
	}
	for i := range 10 {
		if id := fmt.Sprintf("resp_%d", i); !has(t, s, id) {
			t.Errorf("%s was lost for nothing", id)
		}
	}
	if n := s.Len(); n != 10 {
		t.Errorf("%d rows, want 10", n)
	}
	put(t, s, entry("resp_10"))
}
