package work

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// label is a database's name in the manifest.
const label = "responses"

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
		Dir: dir, Labels: []string{label}, Ledger: books, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := books.CloseAll(ctx); err != nil {
			t.Error(err)
		}
	})
	return host{h, sdk.New(families)}
}

var some = Limits{Keys: 3, KeyAge: time.Hour, Runs: 3, Completions: 3}

func open(t testing.TB, dir string, limits Limits) (*Store, host) {
	t.Helper()
	h := newHost(t, dir)
	s, err := Open(h.database(t), h.loop.Log(), limits)
	try(t, err)
	return s, h
}

func (h host) database(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(h.loop, label)
	try(t, err)
	return db
}

func try(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func putKey(t testing.TB, s *Store, name string, at int64) {
	t.Helper()
	try(t, s.PutKey(name, Key{Request: []byte("r"), At: at}, nil))
	try(t, s.PutKey(name, Key{Request: []byte("r"), At: at, State: KeyAnswered, Status: 200}, []byte("answer "+name)))
}

func hasKey(t testing.TB, s *Store, name string, now int64) bool {
	t.Helper()
	_, ok, err := s.Key(name, now)
	try(t, err)
	return ok
}

func TestAKeyIsKeptWithItsAnswer(t *testing.T) {
	s, _ := open(t, t.TempDir(), some)
	try(t, s.PutKey("k", Key{Request: []byte("r"), At: 5}, nil))
	if k, ok, err := s.Key("k", 5); err != nil || !ok || k.State != KeyOpen || !k.Same([]byte("r")) || k.Same([]byte("s")) {
		t.Fatalf("%+v, %v, %v", k, ok, err)
	}
	try(t, s.PutKey("k", Key{Request: []byte("r"), At: 5, State: KeyAnswered, Status: 202, Stream: true}, []byte("answer")))
	k, ok, err := s.Key("k", 5)
	if err != nil || !ok || k.State != KeyAnswered || k.Status != 202 || !k.Stream || k.At != 5 {
		t.Fatalf("%+v, %v, %v", k, ok, err)
	}
	if text, ok, err := s.KeyAnswer(&k); err != nil || !ok || string(text) != "answer" {
		t.Fatalf("%q, %v, %v", text, ok, err)
	}
	try(t, s.RemoveKey("k"))
	if hasKey(t, s, "k", 5) || s.Counts().Keys != 0 {
		t.Fatal("still there")
	}
}

func TestKeysLeaveByNumberAndAge(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	for i, name := range []string{"a", "b", "c", "d"} {
		putKey(t, s, name, int64(i))
	}
	for name, want := range map[string]bool{"a": false, "b": true, "c": true, "d": true} {
		if hasKey(t, s, name, 4) != want {
			t.Errorf("%s kept: %v", name, !want)
		}
	}
	if hasKey(t, s, "b", 3602) || !hasKey(t, s, "c", 3602) {
		t.Error("an hour is not an hour")
	}
	putKey(t, s, "e", 10_000) // sweeps what is too old
	if n := s.Counts().Keys; n != 1 {
		t.Errorf("%d keys", n)
	}
	if left := count(t, dir, "texts"); left != 1 {
		t.Errorf("%d texts are left", left)
	}
}

func TestKeysLeaveWhenTheirAnswersTakeTooMuchRoom(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, Limits{Keys: 100, KeyAge: time.Hour})
	for i := range 20 {
		putKey(t, s, fmt.Sprint(i), 1)
	}
	if want := int64(10*len("answer 0") + 10*len("answer 10")); s.keyBytes != want {
		t.Errorf("%d bytes, want %d", s.keyBytes, want)
	}
	// What the twenty take is believed to be all there may be.
	s.keyBytes = maxKeyBytes
	putKey(t, s, "last", 1)
	if hasKey(t, s, "0", 1) || hasKey(t, s, "1", 1) || !hasKey(t, s, "2", 1) || !hasKey(t, s, "last", 1) {
		t.Error("the oldest did not leave, or more did")
	}
	s, _ = open(t, dir, some)
	if want := int64(2*len("answer 10") + len("answer last")); s.keyBytes != want || s.Counts().Keys != 3 {
		t.Errorf("%d bytes of %d keys, want %d", s.keyBytes, s.Counts().Keys, want)
	}
}

func TestRunsKeepTheirPages(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	run, err := s.AddRun("run_1", []byte("object"), 100)
	try(t, err)
	try(t, s.AddPage(run.N, 3, 200, []byte("one to three")))
	try(t, s.AddPage(run.N, 7, 300, []byte("four to seven")))
	for event, want := range map[int64]string{1: "one to three", 3: "one to three", 4: "four to seven", 7: "four to seven", 8: ""} {
		_, frames, ok, err := s.Page(run.N, event)
		try(t, err)
		if ok != (want != "") || ok && string(frames) != want {
			t.Errorf("event %d: %q, %v", event, frames, ok)
		}
	}
	try(t, s.db.Close())
	s, _ = open(t, dir, some)
	live, err := s.LiveRuns()
	if err != nil || len(live) != 1 || live[0].ID != "run_1" || live[0].Reserved != 300 || string(live[0].Object) != "object" {
		t.Fatalf("%+v, %v", live, err)
	}
	try(t, s.EndRun(live[0].Run, 301, []byte("ended")))
	found, ok, err := s.Run("run_1")
	if err != nil || !ok || found.Ended != 301 {
		t.Fatalf("%+v, %v, %v", found, ok, err)
	}
	if text, ok, err := s.RunObject(&found); err != nil || !ok || string(text) != "ended" {
		t.Fatalf("%q, %v, %v", text, ok, err)
	}
	if live, err := s.LiveRuns(); err != nil || len(live) != 0 {
		t.Fatalf("%+v, %v", live, err)
	}
}

func TestEndedRunsLeaveWithAllTheyHave(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	_, err := s.AddRun("live", []byte("object"), 1)
	try(t, err)
	for i := range 5 {
		run, err := s.AddRun(fmt.Sprint("run_", i), []byte("object"), 1)
		try(t, err)
		try(t, s.AddPage(run.N, 1, 2, []byte("page")))
		try(t, s.EndRun(run, 2, []byte("ended")))
	}
	for id, want := range map[string]bool{"live": true, "run_1": false, "run_2": true, "run_4": true} {
		if _, ok, err := s.Run(id); err != nil || ok != want {
			t.Errorf("%s kept: %v, %v", id, ok, err)
		}
	}
	if s.Counts().Runs != 4 || count(t, dir, "runs") != 4 || count(t, dir, "texts") != 4 || count(t, dir, "pages") != 3 {
		t.Errorf("%+v, %d texts, %d pages", s.Counts(), count(t, dir, "texts"), count(t, dir, "pages"))
	}
}

func TestCompletionsLeaveWithAllTheyHave(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	for i := range 5 {
		try(t, s.AddCompletion(Completion{
			ID: fmt.Sprint(i), Model: "m", Metadata: []byte("{}"), Object: []byte("o"), Messages: []byte("m"), Labels: []Pair{{"k", "v"}, {"k", "v"}},
		}))
	}
	if s.Counts().Completions != 3 || count(t, dir, "completions") != 3 || count(t, dir, "texts") != 6 || count(t, dir, "labels") != 3 {
		t.Errorf("%+v, %d texts, %d labels", s.Counts(), count(t, dir, "texts"), count(t, dir, "labels"))
	}
	try(t, s.db.Close())
	s, _ = open(t, dir, Limits{})
	if s.Counts() != (Counts{}) || count(t, dir, "texts") != 0 {
		t.Errorf("%+v", s.Counts())
	}
	try(t, s.AddCompletion(Completion{ID: "x"}))
	if s.Counts().Completions != 0 {
		t.Error("kept")
	}
}

func TestLongTextsAreKeptWholeAndDamagedOnesAreMissing(t *testing.T) {
	dir := t.TempDir()
	s, h := open(t, dir, some)
	for _, size := range []int{0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3*pieceBytes + 7} {
		text := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		n, err := s.putText(text)
		try(t, err)
		got, ok, err := s.text(n)
		if err != nil || !ok || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes came back as %d, %v, %v", size, len(got), ok, err)
		}
	}
	n, err := s.putText([]byte("text"))
	try(t, err)
	try(t, connect(t, dir).Exec(fmt.Sprint("UPDATE texts SET data = x'00' WHERE n = ", n)))
	if _, ok, err := s.text(n); ok || err != nil || len(h.Records()) != 1 {
		t.Fatalf("%v, %v, log %v", ok, err, h.Records())
	}
}

func TestAStoreOfANewerVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	try(t, s.db.Close())
	try(t, connect(t, dir).Exec(`PRAGMA user_version = 99`))
	h := newHost(t, dir)
	_, err := Open(h.database(t), h.loop.Log(), some)
	if exit, ok := errors.AsType[*sdk.ExitError](err); !ok || exit.Retryable || exit.Code != "database_newer" {
		t.Fatalf("opened: %v", err)
	}
}

func TestEveryStatementGoesByAnIndex(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, some)
	db := connect(t, dir)
	// A scan in the order of an index ends at its limit, or with the page.
	inOrder := map[string]bool{
		"SCAN keys": true, "SCAN keys USING COVERING INDEX keys_at": true, "SCAN completions": true,
		"SCAN runs USING INDEX runs_ended": true, "SCAN runs USING INDEX runs_live": true,
	}
	for _, sql := range []query{
		sqlTextPut, sqlPiecePut, sqlText, sqlPieces, sqlTextClear,
		sqlKey, sqlKeySet, sqlKeyAdd, sqlKeyRemove, sqlKeyEvict, sqlKeyExpire,
		sqlRun, sqlRunAdd, sqlRunEnd, sqlRunReserve, sqlRunEvict, sqlRunsLive, sqlPagePut, sqlPage,
		sqlCompletionAdd, sqlCompletion, sqlCompletionSet, sqlCompletionRemove, sqlCompletionEvict, sqlLabelAdd, sqlLabelsRemove,
		sqlListUp, sqlListDown, sqlListModelUp, sqlListModelDown, sqlListLabelUp, sqlListLabelDown, sqlLabel,
	} {
		stmt, _, err := db.Prepare("EXPLAIN QUERY PLAN " + string(sql))
		if err != nil {
			t.Fatal(err)
		}
		for stmt.Step() {
			step := stmt.ColumnText(3)
			if strings.HasPrefix(step, "SCAN") && !inOrder[step] || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", sql, step)
			}
		}
		try(t, stmt.Close())
	}
}

func connect(t testing.TB, dir string) *sqlite3.Conn {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(dir, label+".db"))
	try(t, err)
	t.Cleanup(func() { try(t, db.Close()) })
	return db
}

// count counts the rows of a table beside the adapter.
func count(t testing.TB, dir, table string) int {
	t.Helper()
	stmt, _, err := connect(t, dir).Prepare(`SELECT count(*) FROM ` + table)
	try(t, err)
	defer stmt.Close()
	stmt.Step()
	return stmt.ColumnInt(0)
}

// BenchmarkWork shows that what is kept under a key, and a page of a run, do not depend on how many rows there are.
func BenchmarkWork(b *testing.B) {
	for _, rows := range []int{100, 20_000} {
		s, _ := open(b, b.TempDir(), Limits{Keys: rows, KeyAge: time.Hour, Runs: rows, Completions: rows})
		for i := range rows {
			putKey(b, s, fmt.Sprint("old", i), 1)
		}
		next := 0
		b.Run(fmt.Sprint("key/put/", rows), func(b *testing.B) {
			for b.Loop() {
				putKey(b, s, fmt.Sprint("key", next), 1)
				next++
			}
		})
		b.Run(fmt.Sprint("key/get/", rows), func(b *testing.B) {
			for b.Loop() {
				k, ok, err := s.Key(fmt.Sprint("key", next-1), 1)
				if _, _, err2 := s.KeyAnswer(&k); !ok || err != nil || err2 != nil {
					b.Fatal(ok, err, err2)
				}
			}
		})
	}
}

// BenchmarkOpen is what the tables add to the start of an instance.
func BenchmarkOpen(b *testing.B) {
	h := newHost(b, b.TempDir())
	db := h.database(b)
	for b.Loop() {
		_, err := Open(db, h.loop.Log(), some)
		try(b, err)
	}
}
