package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// host is an in-memory host with real databases in a folder.
type host struct {
	*sdktest.Host
	loop *sdk.Loop
}

func newHost(t testing.TB, dir string) host {
	t.Helper()
	h := sdktest.New()
	families := h.ABI()
	books := ledger.New(ledger.Quota{})
	ctx := context.Background()
	families.SQLite = sqlitefn.New(ctx, sqlitefn.Config{
		Dir: dir, Labels: []string{Label}, Ledger: books, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := books.CloseAll(ctx); err != nil {
			t.Error(err)
		}
	})
	return host{h, sdk.New(families)}
}

func open(t testing.TB, dir string, capacity int) (*Store, host) {
	t.Helper()
	h := newHost(t, dir)
	s, err := Open(h.loop, capacity)
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

func entry(id string) Entry {
	return Entry{ID: id, Response: []byte(`{"id":"` + id + `"}`), Input: []byte(`[]`), Context: []byte(`{"role":"user"}`)}
}

func put(t testing.TB, s *Store, e Entry) {
	t.Helper()
	if err := s.Put(e); err != nil {
		t.Fatalf("put %s: %v", e.ID, err)
	}
}

func has(t testing.TB, s *Store, id string) bool {
	t.Helper()
	_, ok, err := s.Response(id)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestWhatWasPutIsRead(t *testing.T) {
	s, _ := open(t, t.TempDir(), 10)
	e := Entry{ID: "resp_1", Response: []byte("response"), Input: []byte("input"), Context: []byte("context")}
	put(t, s, e)
	for _, read := range []struct {
		f    func(string) ([]byte, bool, error)
		want []byte
	}{{s.Response, e.Response}, {s.Input, e.Input}, {s.Context, e.Context}} {
		got, ok, err := read.f("resp_1")
		if err != nil || !ok || !bytes.Equal(got, read.want) {
			t.Fatalf("got %q, %v, %v; want %q", got, ok, err, read.want)
		}
	}
	if has(t, s, "resp_2") {
		t.Fatal("a response that was never put")
	}
}

func TestTheLeastRecentlyUsedLeaves(t *testing.T) {
	s, _ := open(t, t.TempDir(), 3)
	for _, id := range []string{"a", "b", "c"} {
		put(t, s, entry(id))
	}
	if !has(t, s, "a") { // a use
		t.Fatal("a is gone")
	}
	put(t, s, entry("d"))
	for id, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if has(t, s, id) != want {
			t.Errorf("%s kept: %v", id, !want)
		}
	}
	if s.Len() != 3 {
		t.Errorf("%d rows", s.Len())
	}
}

func TestRowsSurviveARestartAndASmallerCapacityShrinksThem(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 5)
	for _, id := range []string{"a", "b", "c", "d"} {
		put(t, s, entry(id))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, dir, 2)
	if s.Len() != 2 || has(t, s, "b") || !has(t, s, "c") || !has(t, s, "d") {
		t.Fatalf("%d rows after the restart", s.Len())
	}
	put(t, s, entry("e"))
	if has(t, s, "c") || !has(t, s, "d") {
		t.Fatal("the order of use was lost with the restart")
	}
}

func TestLongTextsAreKeptWhole(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 10)
	for _, size := range []int{0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 5*pieceBytes + 7} {
		id := fmt.Sprint("resp_", size)
		text := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		put(t, s, Entry{ID: id, Response: text, Input: text, Context: text})
		got, ok, err := s.Context(id)
		if err != nil || !ok || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes came back as %d, %v, %v", size, len(got), ok, err)
		}
	}
	if ok, err := s.Delete(fmt.Sprint("resp_", 5*pieceBytes+7)); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if left := query(t, dir, `SELECT count(*) FROM overflow JOIN responses USING (n)`); left != query(t, dir, `SELECT count(*) FROM overflow`) {
		t.Fatal("pieces without a row are left")
	}
}

func TestDelete(t *testing.T) {
	s, _ := open(t, t.TempDir(), 10)
	put(t, s, entry("a"))
	for _, want := range []bool{true, false} {
		if ok, err := s.Delete("a"); err != nil || ok != want {
			t.Fatalf("deleted %v, %v; want %v", ok, err, want)
		}
	}
	if s.Len() != 0 || has(t, s, "a") {
		t.Fatal("still there")
	}
}

func TestAConversationStandsForItsNewestResponseAndLeavesWithIt(t *testing.T) {
	s, _ := open(t, t.TempDir(), 2)
	first, second := entry("a"), entry("b")
	first.Conversation, second.Conversation = "talk", "talk"
	put(t, s, first)
	put(t, s, second)
	if id, ok, err := s.Conversation("talk"); err != nil || !ok || id != "b" {
		t.Fatalf("%q, %v, %v", id, ok, err)
	}
	put(t, s, entry("c"))
	put(t, s, entry("d"))
	if id, ok, err := s.Conversation("talk"); err != nil || ok {
		t.Fatalf("the conversation outlived its response: %q, %v", id, err)
	}
}

func TestADamagedRowIsAMissAndIsLogged(t *testing.T) {
	dir := t.TempDir()
	s, h := open(t, dir, 10)
	put(t, s, entry("a"))
	put(t, s, entry("b"))
	query(t, dir, `UPDATE bodies SET response = x'00' WHERE n = 1; SELECT 0`)
	if has(t, s, "a") || !has(t, s, "b") {
		t.Fatal("the wrong row is missing")
	}
	if records := h.Records(); len(records) != 1 || !strings.Contains(records[0].Attributes, `"id":"a"`) {
		t.Fatalf("log: %v", records)
	}
	query(t, dir, `DELETE FROM bodies WHERE n = 2; SELECT 0`)
	if has(t, s, "b") {
		t.Fatal("a row without its texts was found")
	}
}

func TestCapacityZeroKeepsNothing(t *testing.T) {
	s, _ := open(t, t.TempDir(), 0)
	put(t, s, entry("a"))
	if s.Len() != 0 || has(t, s, "a") {
		t.Fatal("kept")
	}
}

func TestAStoreOfANewerVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	query(t, dir, `UPDATE meta SET value = 99; SELECT 0`)
	_, err := Open(newHost(t, dir).loop, 1)
	if exit, ok := errors.AsType[*sdk.ExitError](err); !ok || exit.Retryable || exit.Code != "database_newer" {
		t.Fatalf("opened: %v", err)
	}
}

func TestEveryStatementGoesByAnIndex(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, 1)
	db := connect(t, dir)
	for _, sql := range []string{
		sqlInsert, sqlInsertBody, sqlInsertMore, sqlName, sqlEvict, sqlRemove, sqlFind, sqlTouch,
		sqlResponse, sqlInput, sqlContext, sqlMore, sqlNamed, sqlInsertLog, sqlLog,
	} {
		stmt, _, err := db.Prepare("EXPLAIN QUERY PLAN " + sql)
		if err != nil {
			t.Fatal(err)
		}
		for stmt.Step() {
			step := stmt.ColumnText(3)
			inOrder := step == "SCAN responses USING COVERING INDEX responses_used" // ends at its limit
			if strings.HasPrefix(step, "SCAN") && !inOrder || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", sql, step)
			}
		}
		if err := stmt.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func connect(t testing.TB, dir string) *sqlite3.Conn {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(dir, Label+".db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// query runs SQL beside the adapter and gives the number that the last statement selects.
func query(t testing.TB, dir, sql string) int64 {
	t.Helper()
	db := connect(t, dir)
	head, last, _ := strings.Cut(sql, ";")
	if last == "" {
		head, last = "", head
	}
	if err := db.Exec(head); err != nil {
		t.Fatal(err)
	}
	stmt, _, err := db.Prepare(last)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	stmt.Step()
	return stmt.ColumnInt64(0)
}

// BenchmarkStore shows that put and get do not depend on how many rows there are.
func BenchmarkStore(b *testing.B) {
	for _, rows := range []int{100, 100_000} {
		s, _ := open(b, b.TempDir(), rows)
		body := entry("x")
		body.Response = bytes.Repeat([]byte("r"), 1500)
		put := func(id int) {
			body.ID = fmt.Sprint("resp_", id)
			put(b, s, body)
		}
		for id := range rows {
			put(id)
		}
		next := rows
		b.Run(fmt.Sprint("put/", rows), func(b *testing.B) {
			for b.Loop() {
				put(next)
				next++
			}
		})
		b.Run(fmt.Sprint("get/", rows), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if !has(b, s, fmt.Sprint("resp_", next-1-i%rows)) {
					b.Fatal("missing")
				}
			}
		})
	}
}
