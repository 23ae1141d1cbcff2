package store

import (
	"bytes"
	"strings"
	"testing"
)

func TestWhatWasAddedIsRead(t *testing.T) {
	s, _ := open(t, t.TempDir(), some)
	long := bytes.Repeat([]byte("0123456789"), 300_000)
	e := Response{ID: "resp_1", Object: []byte("object"), Input: []byte{}, Context: long}
	add(t, s, e)
	r, found, err := s.Response("resp_1")
	if err != nil || !found || r.Generation != 0 {
		t.Fatalf("%+v, %v, %v", r, found, err)
	}
	for part, want := range map[Part][]byte{Object: e.Object, Input: e.Input, Context: e.Context} {
		got, found, err := s.ResponseText(&r, part)
		if err != nil || !found || !bytes.Equal(got, want) {
			t.Fatalf("part %d: %d bytes, %v, %v", part, len(got), found, err)
		}
	}
	if _, found, err := s.ResponseText(&r, Log); found || err != nil {
		t.Errorf("a log that was never added: %v", err)
	}
	if has(t, s, "resp_2") {
		t.Error("a response that was never added")
	}
}

func TestTheLeastRecentlyUsedLeaves(t *testing.T) {
	s, _ := open(t, t.TempDir(), Limits{Responses: 3})
	for _, id := range []string{"a", "b", "c"} {
		add(t, s, response(id))
	}
	if !has(t, s, "a") { // a use
		t.Fatal("a is gone")
	}
	add(t, s, response("d"))
	for id, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if has(t, s, id) != want {
			t.Errorf("%s kept: %v", id, !want)
		}
	}
	counted(t, s, Counts{Responses: 3})
}

func TestUsesAreWrittenDownTogether(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, Limits{Responses: 100})
	for i := range 100 {
		add(t, s, response(name("r", i)))
	}
	for i := range maxUses + 3 { // more than wait
		has(t, s, name("r", i))
		has(t, s, "r0")
	}
	try(t, s.Close())
	s, _ = open(t, dir, Limits{Responses: maxUses + 3})
	for i := range 100 {
		if want := i < maxUses+3; has(t, s, name("r", i)) != want {
			t.Errorf("r%d kept: %v", i, !want)
		}
	}
	// A response that is gone cannot be used any more.
	has(t, s, "r1")
	_, err := s.RemoveResponse("r1")
	try(t, err)
	try(t, s.SetLimits(Limits{Responses: 1}))
	if !has(t, s, name("r", maxUses+2)) {
		t.Error("the one used last is gone")
	}
}

func TestResponsesSurviveARestartAndASmallerLimitShrinksThem(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, Limits{Responses: 5})
	for _, id := range []string{"a", "b", "c", "d"} {
		add(t, s, response(id))
	}
	try(t, s.Close())
	s, _ = open(t, dir, Limits{Responses: 2})
	if has(t, s, "b") || !has(t, s, "c") || !has(t, s, "d") {
		t.Fatal("the wrong ones left at the restart")
	}
	add(t, s, response("e"))
	if has(t, s, "c") || !has(t, s, "d") {
		t.Error("the order of use was lost with the restart")
	}
	try(t, s.SetLimits(Limits{Responses: 1}))
	counted(t, s, Counts{Responses: 1})
	try(t, s.SetLimits(Limits{}))
	add(t, s, response("f"))
	counted(t, s, Counts{})
	if n := count(t, dir, "texts"); n != 0 {
		t.Errorf("%d texts are left", n)
	}
}

func TestRemove(t *testing.T) {
	s, _ := open(t, t.TempDir(), some)
	add(t, s, response("a"))
	for _, want := range []bool{true, false} {
		if removed, err := s.RemoveResponse("a"); err != nil || removed != want {
			t.Fatalf("removed %v, %v; want %v", removed, err, want)
		}
	}
	counted(t, s, Counts{})
}

func TestAConversationStandsForItsNewestResponseAndLeavesWithIt(t *testing.T) {
	s, _ := open(t, t.TempDir(), Limits{Responses: 2})
	first, second := response("a"), response("b")
	first.Conversation, second.Conversation = "talk", "talk"
	add(t, s, first)
	add(t, s, second)
	if id, found, err := s.Conversation("talk"); err != nil || !found || id != "b" {
		t.Fatalf("%q, %v, %v", id, found, err)
	}
	add(t, s, response("c"))
	add(t, s, response("d"))
	if id, found, err := s.Conversation("talk"); err != nil || found {
		t.Fatalf("the conversation outlived its response: %q, %v", id, err)
	}
}

func TestADamagedTextIsAMissAndIsLogged(t *testing.T) {
	dir := t.TempDir()
	s, host := open(t, dir, some)
	add(t, s, response("a"))
	add(t, s, response("b"))
	try(t, connect(t, dir).Exec(`UPDATE texts SET data = x'00' WHERE n = 1 << 12`))
	if has(t, s, "a") || !has(t, s, "b") {
		t.Fatal("the wrong one is missing")
	}
	if records := host.Records(); len(records) != 1 || !strings.Contains(records[0].Attributes, `"id":"a"`) {
		t.Fatalf("log: %v", records)
	}
}

func TestAResponseInTheBackground(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAs(t, dir, 7, Limits{Responses: 2})
	e := response("bg")
	e.Log, e.Conversation = []byte("log"), "talk"
	r, err := s.BeginResponse(e)
	try(t, err)
	for _, id := range []string{"a", "b", "c"} { // what runs does not leave for what came later
		add(t, s, response(id))
	}
	if found, ok, err := s.Response("bg"); err != nil || !ok || found.Generation != 7 {
		t.Fatalf("%+v, %v, %v", found, ok, err)
	}
	if _, found, err := s.Conversation("talk"); err != nil || found {
		t.Fatalf("it stands for its conversation before its end: %v", err)
	}
	e.Object, e.Log = []byte("the end"), []byte("the whole log")
	for _, want := range []bool{true, false} { // the second time it is ended
		if ended, err := s.EndResponse(r, e); err != nil || ended != want {
			t.Fatalf("ended %v, %v", ended, err)
		}
	}
	found, _, err := s.Response("bg")
	try(t, err)
	if text, ok, err := s.ResponseText(&found, Log); err != nil || !ok || string(text) != "the whole log" || found.Generation != 0 {
		t.Errorf("%+v %q %v %v", found, text, ok, err)
	}
	if id, ok, err := s.Conversation("talk"); err != nil || !ok || id != "bg" {
		t.Errorf("%q, %v, %v", id, ok, err)
	}
	counted(t, s, Counts{Responses: 2})
	if has(t, s, "b") || !has(t, s, "c") {
		t.Error("its end is not its newest use")
	}
}
