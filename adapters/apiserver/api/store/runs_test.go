package store

import (
	"testing"
)

func TestRunsKeepTheirPages(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	run, err := s.AddRun("run_1", []byte("object"), 100)
	try(t, err)
	try(t, s.AddPage(&run, 3, 200, []byte("one to three")))
	try(t, s.AddPage(&run, 7, 300, []byte("four to seven")))
	for event, want := range map[int64]string{1: "one to three", 3: "one to three", 4: "four to seven", 7: "four to seven", 8: ""} {
		_, frames, found, err := s.Page(&run, event)
		try(t, err)
		if found != (want != "") || found && string(frames) != want {
			t.Errorf("event %d: %q, %v", event, frames, found)
		}
	}
	try(t, s.Close())
	s, _ = openAs(t, dir, 2, some)
	left, err := s.Leftovers(allBut(2))
	if err != nil || len(left.Runs) != 1 || left.Runs[0].ID != "run_1" {
		t.Fatalf("%+v, %v", left, err)
	}
	found, ok, err := s.Run("run_1")
	if err != nil || !ok || found.Reserved != 300 || found.Ended != 0 || found.Generation != 1 {
		t.Fatalf("%+v, %v, %v", found, ok, err)
	}
	try(t, s.EndRun(&found, 301, []byte("ended")))
	try(t, s.EndRun(&found, 999, []byte("again"))) // it was ended
	found, ok, err = s.Run("run_1")
	if err != nil || !ok || found.Ended != 301 || found.Generation != 0 {
		t.Fatalf("%+v, %v, %v", found, ok, err)
	}
	if text, ok, err := s.RunObject(&found); err != nil || !ok || string(text) != "ended" {
		t.Fatalf("%q, %v, %v", text, ok, err)
	}
	if left, err := s.Leftovers(allBut(2)); err != nil || len(left.Runs) != 0 {
		t.Fatalf("%+v, %v", left, err)
	}
	counted(t, s, Counts{Runs: 1})
}

func TestEndedRunsLeaveWithAllTheyHave(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	_, err := s.AddRun("live", []byte("object"), 1)
	try(t, err)
	var first Run
	for i := range 5 {
		run, err := s.AddRun(name("run_", i), []byte("object"), 1)
		try(t, err)
		try(t, s.AddPage(&run, 1, 2, []byte("page")))
		try(t, s.EndRun(&run, 2, []byte("ended")))
		if i == 0 {
			first = run
		}
	}
	for id, want := range map[string]bool{"live": true, "run_1": false, "run_2": true, "run_4": true} {
		if _, found, err := s.Run(id); err != nil || found != want {
			t.Errorf("%s kept: %v, %v", id, found, err)
		}
	}
	counted(t, s, Counts{Runs: 4})
	if count(t, dir, "runs") != 4 || count(t, dir, "texts") != 4 || count(t, dir, "pages") != 3 {
		t.Errorf("%d texts, %d pages", count(t, dir, "texts"), count(t, dir, "pages"))
	}
	// The number of a record that has left may be another's by now.
	try(t, s.db.Exec(`UPDATE pages SET run = ?1 WHERE run = (SELECT max(run) FROM pages)`, first.n))
	if _, _, found, err := s.Page(&first, 1); found || err != nil {
		t.Errorf("a page of another run: %v", err)
	}
}
