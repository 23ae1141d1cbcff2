package store

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestAPendingRowIsReplacedByItsEnd(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 3)
	e := entry("a")
	e.Log, e.Pending = []byte("start"), true
	put(t, s, e)
	for _, id := range []string{"b", "c", "d", "e"} { // the pending one stays, as if it were the newest
		put(t, s, entry(id))
	}
	if !has(t, s, "e") || has(t, s, "b") {
		t.Fatal("the wrong row left")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, dir, 3)
	if pending, err := s.Pending(); err != nil || fmt.Sprint(pending) != "[a]" {
		t.Fatalf("pending after a restart: %v, %v", pending, err)
	}
	put(t, s, entry("f")) // the clock goes on where it was, not behind the pinned row
	if !has(t, s, "f") || has(t, s, "c") {
		t.Fatal("the order of use was lost with the restart")
	}
	e.Log, e.Pending, e.Conversation = bytes.Repeat([]byte("end"), pieceBytes), false, "talk"
	if err := s.Replace(e); err != nil {
		t.Fatal(err)
	}
	if pending, err := s.Pending(); err != nil || len(pending) != 0 {
		t.Fatalf("pending after the end: %v, %v", pending, err)
	}
	if log, ok, err := s.Log("a"); err != nil || !ok || !bytes.Equal(log, e.Log) {
		t.Fatalf("the log came back as %d bytes, %v, %v", len(log), ok, err)
	}
	if id, ok, err := s.Conversation("talk"); err != nil || !ok || id != "a" {
		t.Fatalf("the conversation is %q, %v, %v", id, ok, err)
	}
	if s.Len() != 3 || query(t, dir, `SELECT count(*) FROM responses`) != 3 {
		t.Fatalf("%d rows", s.Len())
	}
	if ok, err := s.Delete("a"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if left := query(t, dir, `SELECT count(*) FROM logs`) + query(t, dir, `SELECT count(*) FROM overflow`); left != 0 {
		t.Fatalf("%d rows are left of a log", left)
	}
}

func TestARowWithoutALogHasNone(t *testing.T) {
	s, h := open(t, t.TempDir(), 3)
	put(t, s, entry("a"))
	for _, id := range []string{"a", "b"} {
		if _, ok, err := s.Log(id); ok || err != nil {
			t.Fatalf("%s: %v, %v", id, ok, err)
		}
	}
	if records := h.Records(); len(records) != 0 {
		t.Fatalf("taken for damage: %v", records)
	}
}

func TestAResponseThatLeftIsPutAgainAtItsEnd(t *testing.T) {
	s, _ := open(t, t.TempDir(), 3)
	if err := s.Replace(entry("a")); err != nil {
		t.Fatal(err)
	}
	if s.Len() != 1 || !has(t, s, "a") {
		t.Fatalf("%d rows", s.Len())
	}
}

func TestPendingRowsAreFoundByTheirIndex(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, 1)
	stmt, _, err := connect(t, dir).Prepare("EXPLAIN QUERY PLAN " + sqlPending)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	var plan string
	for stmt.Step() {
		plan += stmt.ColumnText(3) + "\n"
	}
	if !strings.Contains(plan, "INDEX logs_pending") || strings.Contains(plan, "SCAN responses") {
		t.Fatalf("the plan is\n%s", plan)
	}
}
