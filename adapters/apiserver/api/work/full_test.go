package work

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

func TestWhatCannotBeStoredCostsNothingThatIs(t *testing.T) {
	ctx := context.Background()
	families := sdktest.New().ABI()
	books := ledger.New(ledger.Quota{})
	families.SQLite = sqlitefn.New(ctx, sqlitefn.Config{
		Dir: t.TempDir(), Labels: []string{label}, Ledger: books, Logger: slog.New(slog.DiscardHandler),
		Limits: sqlitefn.Limits{MaxDatabase: 512 << 10},
	})
	t.Cleanup(func() {
		if err := books.CloseAll(ctx); err != nil {
			t.Error(err)
		}
	})
	loop := sdk.New(families)
	db, err := sqlite.Open(loop, label)
	try(t, err)
	s, err := Open(db, loop.Log(), Limits{Keys: 10, KeyAge: time.Hour, Runs: 10, Completions: 10})
	try(t, err)
	for i := range 5 {
		try(t, s.AddCompletion(Completion{ID: fmt.Sprint(i), Object: []byte("{}"), Messages: []byte("[]")}))
	}
	before := s.Counts()
	huge := Completion{ID: "huge", Object: bytes.Repeat([]byte("x"), 1<<20), Messages: []byte("[]")}
	if err := s.AddCompletion(huge); !errors.Is(err, sqlite.FULL) {
		t.Fatalf("got %v, want SQLITE_FULL", err)
	}
	if after := s.Counts(); after != before {
		t.Errorf("counted %+v, want %+v", after, before)
	}
	try(t, s.measure())
	if kept := s.Counts(); kept != before {
		t.Errorf("kept %+v, want %+v", kept, before)
	}
}
