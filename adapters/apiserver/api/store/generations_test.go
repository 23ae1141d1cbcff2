package store

import (
	"sync"
	"testing"
	"time"
)

// TestTwoGenerationsShareTheDatabase lets two instances write and read at the same time: nobody fails, nobody believes
// numbers that the other has changed, and the limits hold for both together.
func TestTwoGenerationsShareTheDatabase(t *testing.T) {
	dir := t.TempDir()
	limits := Limits{Responses: 50, Keys: 20, KeyAge: time.Hour, Runs: 10, Completions: 10}
	old, _ := openAs(t, dir, 1, limits)
	young, _ := openAs(t, dir, 2, limits)
	var group sync.WaitGroup
	for _, s := range []*Store{old, young} {
		group.Go(func() {
			own := name("g", int(s.generation))
			for i := range 200 {
				e := response(name(own, i))
				e.Conversation = "talk"
				if err := s.AddResponse(e); err != nil {
					t.Error(err)
				}
				if _, _, err := s.Response(name(own, i/2)); err != nil {
					t.Error(err)
				}
				k, claimed, err := s.ClaimKey(name("shared", i), []byte("r"))
				if err == nil && claimed {
					err = s.AnswerKey(k, 200, false, []byte("a"))
				}
				if err != nil {
					t.Error(err)
				}
				r, err := s.AddRun(name(own, i), []byte("o"), 1)
				if err == nil {
					err = s.EndRun(&r, 1, []byte("o"))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	counted(t, old, Counts{Responses: 50, Keys: 20, Runs: 10})
	counted(t, young, Counts{Responses: 50, Keys: 20, Runs: 10})
	add(t, old, response("last"))
	if !has(t, young, "last") {
		t.Error("the newest of the other is missing")
	}
}

func TestOnlyWorkOfGenerationsThatAreOverIsLeft(t *testing.T) {
	dir := t.TempDir()
	for generation := range uint64(3) {
		s, _ := openAs(t, dir, generation+1, some)
		_, err := s.BeginResponse(response(name("resp_", int(generation+1))))
		try(t, err)
		_, err = s.AddRun(name("run_", int(generation+1)), []byte("o"), 1)
		try(t, err)
	}
	s, _ := openAs(t, dir, 3, some)
	for but, want := range map[uint64]int{3: 4, 2: 4, 0: 6} {
		left, err := s.Leftovers(allBut(but))
		all := append(left.Responses, left.Runs...)
		if err != nil || len(all) != want {
			t.Errorf("but %d: %+v, %v", but, left, err)
		}
		for _, r := range all {
			if r.Generation == but {
				t.Errorf("%+v is being worked at", r)
			}
		}
	}
}
