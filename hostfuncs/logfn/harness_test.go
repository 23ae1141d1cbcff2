package logfn_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"innkeeper/hostfuncs/logfn"
)

// notes is a handler that keeps records.
type notes struct {
	mu      sync.Mutex
	least   slog.Level
	records []slog.Record
}

func (n *notes) Enabled(_ context.Context, level slog.Level) bool { return level >= n.least }
func (n *notes) Handle(_ context.Context, r slog.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.records = append(n.records, r)
	return nil
}
func (n *notes) WithAttrs([]slog.Attr) slog.Handler { return n }
func (n *notes) WithGroup(string) slog.Handler      { return n }

// take returns the records so far and forgets them.
func (n *notes) take() []slog.Record {
	n.mu.Lock()
	defer n.mu.Unlock()
	records := n.records
	n.records = nil
	return records
}

// one returns the only record since the last look.
func (n *notes) one(t *testing.T) slog.Record {
	t.Helper()
	records := n.take()
	if len(records) != 1 {
		t.Fatalf("%d records, want 1: %v", len(records), records)
	}
	return records[0]
}

// attributes of a record by key; groups are maps.
func attributes(r slog.Record) map[string]any {
	m := map[string]any{}
	r.Attrs(func(a slog.Attr) bool {
		m[a.Key] = plain(a.Value)
		return true
	})
	return m
}

func plain(v slog.Value) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	m := map[string]any{}
	for _, a := range v.Group() {
		m[a.Key] = plain(a.Value)
	}
	return m
}

// clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func newFamily() (*logfn.Family, *notes, *clock) {
	n, c := &notes{least: slog.LevelDebug}, &clock{time.Unix(1_700_000_000, 0)}
	return logfn.New(logfn.Config{Logger: slog.New(n), Now: func() time.Time { return c.now }}), n, c
}
