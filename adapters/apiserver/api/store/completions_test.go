package store

import (
	"strings"
	"testing"
)

func TestCompletionsLeaveWithAllTheyHave(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	for i := range 5 {
		try(t, s.AddCompletion(completion(name("", i))))
	}
	counted(t, s, Counts{Completions: 3})
	if count(t, dir, "completions") != 3 || count(t, dir, "texts") != 3 || count(t, dir, "labels") != 3 {
		t.Errorf("%d texts, %d labels", count(t, dir, "texts"), count(t, dir, "labels"))
	}
	if removed, err := s.RemoveCompletion("4"); err != nil || !removed {
		t.Errorf("%v, %v", removed, err)
	}
	try(t, s.Close())
	s, _ = open(t, dir, Limits{})
	counted(t, s, Counts{})
	if count(t, dir, "texts") != 0 {
		t.Error("texts are left")
	}
	try(t, s.AddCompletion(Completion{ID: "x"}))
	counted(t, s, Counts{})
}

func TestCompletionsAreListed(t *testing.T) {
	s, _ := open(t, t.TempDir(), Limits{Completions: 10})
	for i, c := range []Completion{
		{Model: "a", Labels: []Pair{{"k", "v"}, {"l", "w"}}}, {Model: "b", Labels: []Pair{{"k", "v"}}}, {Model: "a", Labels: []Pair{{"k", "v"}, {"l", "w"}}}, {Model: "a"},
	} {
		c.ID, c.Metadata, c.Object, c.Messages = name("", i), []byte("{}"), []byte("o"), []byte("m")
		try(t, s.AddCompletion(c))
	}
	second, _, err := s.Completion("1")
	try(t, err)
	for _, c := range []struct {
		filter Filter
		want   string
	}{
		{Filter{}, "0 1 2 3"}, {Filter{Descending: true}, "3 2 1 0"}, {Filter{After: second.After()}, "2 3"},
		{Filter{After: second.After(), Descending: true}, "0"},
		{Filter{Model: "a"}, "0 2 3"}, {Filter{Model: "a", Descending: true}, "3 2 0"}, {Filter{Model: "a", After: second.After()}, "2 3"},
		{Filter{Labels: []Pair{{"k", "v"}}}, "0 1 2"}, {Filter{Labels: []Pair{{"k", "v"}}, Descending: true}, "2 1 0"},
		{Filter{Labels: []Pair{{"k", "v"}, {"l", "w"}}, Model: "a"}, "0 2"}, {Filter{Labels: []Pair{{"k", "x"}}}, ""},
	} {
		var ids []string
		try(t, s.Completions(c.filter, func(found *FoundCompletion, object []byte) bool {
			ids = append(ids, found.ID)
			return string(object) == "o"
		}))
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.filter, got, c.want)
		}
	}
	if found, err := s.SetMetadata(&second, []byte(`{"k":"x"}`), []Pair{{"k", "x"}}); err != nil || !found {
		t.Errorf("%v, %v", found, err)
	}
	n := 0
	try(t, s.Completions(Filter{Labels: []Pair{{"k", "x"}}}, func(found *FoundCompletion, _ []byte) bool {
		n++
		return string(found.Metadata) == `{"k":"x"}`
	}))
	if n != 1 {
		t.Errorf("%d with the new metadata", n)
	}
}

// TestMetadataOfACompletionThatLeftIsNotKept: the other generation may have removed it, and its number may stand for another.
func TestMetadataOfACompletionThatLeftIsNotKept(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAs(t, dir, 1, some)
	other, _ := openAs(t, dir, 2, some)
	try(t, s.AddCompletion(completion("old")))
	c, _, err := s.Completion("old")
	try(t, err)
	_, err = other.RemoveCompletion("old")
	try(t, err)
	for i := range 2 {
		if found, err := s.SetMetadata(&c, []byte(`{"k":"x"}`), []Pair{{"k", "x"}}); err != nil || found {
			t.Errorf("%v, %v", found, err)
		}
		try(t, other.AddCompletion(Completion{ID: name("new", i), Metadata: []byte("{}")}))
	}
	if n := count(t, dir, "labels"); n != 0 {
		t.Errorf("%d labels", n)
	}
}
