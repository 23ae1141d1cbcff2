package store

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"innkeeper/adapters/sdk/sqlite"
	"innkeeper/hostfuncs/sqlitefn"
)

// openSmall is a store in a database that may grow to so many bytes.
func openSmall(t *testing.T, dir string, bytes int64) *Store {
	t.Helper()
	many := Limits{Responses: 1000, Keys: 1000, KeyAge: time.Hour, Runs: 1000, Completions: 1000}
	s, _, err := tryOpen(t, dir, 1, many, sqlitefn.Limits{MaxDatabase: bytes})
	try(t, err)
	return s
}

func sized(id string, size int) Response {
	e := response(id)
	e.Context = bytes.Repeat([]byte("x"), size)
	return e
}

func TestAFullDatabaseMakesRoomOldestFirst(t *testing.T) {
	s := openSmall(t, t.TempDir(), 512<<10)
	for i := range 100 {
		add(t, s, sized(name("resp_", i), 20<<10))
	}
	if has(t, s, "resp_0") || !has(t, s, "resp_99") {
		t.Error("want the newest kept at the price of the oldest")
	}
	if c, err := s.Counts(); err != nil || c.Responses < 12 || c.Responses > 25 {
		t.Errorf("%d responses of 20 KiB in 512 KiB, %v", c.Responses, err)
	}
}

// TestTheOldestOfAllKindsLeaves fills the database with one kind after the other.
func TestTheOldestOfAllKindsLeaves(t *testing.T) {
	s := openSmall(t, t.TempDir(), 512<<10)
	text := bytes.Repeat([]byte("x"), 10<<10)
	run := func(id string) {
		r, err := s.AddRun(id, text, 1)
		try(t, err)
		try(t, s.EndRun(&r, 1, text))
	}
	key := func(id string) {
		k, claimed, err := s.ClaimKey(id, []byte("r"))
		if err != nil || !claimed {
			t.Fatalf("%s: %v", id, err)
		}
		try(t, s.AnswerKey(k, 200, false, text))
	}
	for i := range 3 {
		c := completion(name("c", i))
		c.Object = text
		try(t, s.AddCompletion(c))
		run(name("r", i))
		key(name("k", i))
		add(t, s, sized(name("resp_", i), 10<<10))
	}
	live, err := s.AddRun("live", text, 1)
	try(t, err)
	key("last")
	for i := range 40 {
		add(t, s, sized(name("more_", i), 10<<10))
	}
	c, err := s.Counts()
	try(t, err)
	if c.Completions != 0 || c.Runs != 1 || c.Keys != 0 || c.Responses < 25 {
		t.Errorf("%+v", c)
	}
	if _, found, err := s.Run(live.ID); err != nil || !found {
		t.Errorf("a run in progress left: %v", err)
	}
	counted(t, s, c)
}

func TestWhatCannotBeStoredCostsNothingThatIs(t *testing.T) {
	s := openSmall(t, t.TempDir(), 512<<10)
	for i := range 10 {
		add(t, s, sized(name("resp_", i), 20<<10))
	}
	if err := s.AddResponse(sized("resp_huge", 1<<20)); !errors.Is(err, sqlite.FULL) {
		t.Fatalf("got %v, want SQLITE_FULL", err)
	}
	for i := range 10 {
		if id := name("resp_", i); !has(t, s, id) {
			t.Errorf("%s was lost for nothing", id)
		}
	}
	counted(t, s, Counts{Responses: 10})
	add(t, s, response("resp_10"))
}
