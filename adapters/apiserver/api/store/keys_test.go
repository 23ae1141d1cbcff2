package store

import (
	"bytes"
	"testing"
	"time"
)

func TestAKeyIsClaimedOnceAndAnswered(t *testing.T) {
	s, _ := open(t, t.TempDir(), some)
	k, claimed, err := s.ClaimKey("k", []byte("request"))
	if err != nil || !claimed || k.Generation != 1 {
		t.Fatalf("%+v, %v, %v", k, claimed, err)
	}
	if again, claimed, err := s.ClaimKey("k", []byte("other")); err != nil || claimed || again.Generation != 1 || !again.Same([]byte("request")) {
		t.Fatalf("%+v, %v, %v", again, claimed, err)
	}
	counted(t, s, Counts{Keys: 1})
	try(t, s.AnswerKey(k, 202, true, []byte("answer")))
	found, ok, err := s.Key("k")
	if err != nil || !ok || found.State != Answered || found.Status != 202 || !found.Stream || found.Generation != 0 {
		t.Fatalf("%+v, %v, %v", found, ok, err)
	}
	if text, ok, err := s.KeyAnswer(&found); err != nil || !ok || string(text) != "answer" {
		t.Fatalf("%q, %v, %v", text, ok, err)
	}
	if _, claimed, err := s.ClaimKey("k", []byte("request")); err != nil || claimed {
		t.Errorf("an answered key was claimed: %v", err)
	}
	counted(t, s, Counts{Keys: 1})
}

func TestAKeyCanBeForgottenOrAnsweredWithNothing(t *testing.T) {
	s, _ := open(t, t.TempDir(), some)
	k, _, err := s.ClaimKey("k", []byte("request"))
	try(t, err)
	try(t, s.ForgetKey(k))
	if hasKey(t, s, "k") {
		t.Error("still there")
	}
	k, claimed, err := s.ClaimKey("k", []byte("another"))
	if err != nil || !claimed {
		t.Fatalf("%v, %v", claimed, err)
	}
	try(t, s.AnswerKey(k, 200, false, nil))
	if found, _, err := s.Key("k"); err != nil || found.State != TooLarge {
		t.Errorf("%+v, %v", found, err)
	}
	try(t, s.ForgetKey(k)) // it is not this work's any more
	if !hasKey(t, s, "k") {
		t.Error("an answer was forgotten")
	}
}

func TestKeysLeaveByNumberAndAge(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	start := time.Now()
	at := func(seconds int) { s.now = func() time.Time { return start.Add(time.Duration(seconds) * time.Second) } }
	for i, name := range []string{"a", "b", "c", "d"} {
		at(i)
		answer(t, s, name)
	}
	for name, want := range map[string]bool{"a": false, "b": true, "c": true, "d": true} {
		if hasKey(t, s, name) != want {
			t.Errorf("%s kept: %v", name, !want)
		}
	}
	if at(3602); hasKey(t, s, "b") || !hasKey(t, s, "c") {
		t.Error("an hour is not an hour")
	}
	answer(t, s, "b") // as if it had never been there
	at(10_000)
	answer(t, s, "e") // sweeps what is too old
	counted(t, s, Counts{Keys: 1})
	if left := count(t, dir, "texts") + count(t, dir, "keys"); left != 2 {
		t.Errorf("%d rows are left", left)
	}
}

func TestKeysLeaveWhenTheirAnswersTakeTooMuchRoom(t *testing.T) {
	s, _ := open(t, t.TempDir(), Limits{Keys: 100, KeyAge: time.Hour})
	for i := range 20 {
		answer(t, s, name("k", i))
	}
	// What the first one takes is believed to be all there may be.
	try(t, s.db.Exec(`UPDATE records SET bytes = ?1 WHERE id = 'k0'`, maxKeyBytes))
	try(t, s.db.Exec(`UPDATE counts SET bytes = bytes + ?1 WHERE kind = 2`, maxKeyBytes-len("answer k0")))
	answer(t, s, "last")
	if hasKey(t, s, "k0") || !hasKey(t, s, "k1") || !hasKey(t, s, "last") {
		t.Error("the oldest did not leave, or more did")
	}
	counted(t, s, Counts{Keys: 20})
}

// TestAKeyIsClaimedByOneOfTwoGenerations, and anew once the one that claimed it is over.
func TestAKeyIsClaimedByOneOfTwoGenerations(t *testing.T) {
	dir := t.TempDir()
	old, _ := openAs(t, dir, 1, some)
	young, _ := openAs(t, dir, 2, some)
	if _, claimed, err := old.ClaimKey("k", []byte("request")); err != nil || !claimed {
		t.Fatalf("%v, %v", claimed, err)
	}
	if k, claimed, err := young.ClaimKey("k", []byte("request")); err != nil || claimed || k.Generation != 1 {
		t.Fatalf("%+v, %v, %v", k, claimed, err)
	}
	left, err := young.Leftovers(allBut(2))
	if err != nil || len(left.Keys) != 1 || left.Keys[0].ID != "k" {
		t.Fatalf("%+v, %v", left, err)
	}
	try(t, young.ReleaseKey(left.Keys[0]))
	if k, claimed, err := young.ClaimKey("k", []byte("other")); err != nil || claimed || k.Generation != 0 || !bytes.Equal(k.Request, []byte("request")) {
		t.Fatalf("%+v, %v, %v", k, claimed, err)
	}
	k, claimed, err := young.ClaimKey("k", []byte("request"))
	if err != nil || !claimed || k.Generation != 2 {
		t.Fatalf("%+v, %v, %v", k, claimed, err)
	}
	counted(t, young, Counts{Keys: 1})
	try(t, young.AnswerKey(k, 200, false, []byte("answer")))
	counted(t, old, Counts{Keys: 1})
}
