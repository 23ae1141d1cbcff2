package run

import (
	"fmt"
	"strings"
	"testing"
)

// reader writes down what it gets, and leaves after so many batches.
type reader struct {
	name  string
	stays int
	log   *strings.Builder
	on    func()
}

func (r *reader) Send(b Batch) bool {
	fmt.Fprintf(r.log, "%s:%s ", r.name, b)
	if r.on != nil {
		r.on()
	}
	r.stays--
	return r.stays >= 0
}

func (r *reader) End(last Batch) { fmt.Fprintf(r.log, "%s.%s ", r.name, last) }

func TestReadersComeAndGo(t *testing.T) {
	var log strings.Builder
	var all Readers
	a, b, c := &reader{"a", 9, &log, nil}, &reader{"b", 1, &log, nil}, &reader{"c", 9, &log, nil}
	all.Add(a)
	all.Add(b)
	all.Send(Batch("1"))
	all.Add(c)
	all.Send(nil)
	all.Send(Batch("2")) // the last that b takes
	all.Send(Batch("3"))
	all.Remove(a)
	all.Remove(a)
	all.End(Batch("4"))
	all.Send(Batch("5"))
	if want := "a:1 b:1 a:2 b:2 c:2 a:3 c:3 c.4 "; log.String() != want || all.Len() != 0 {
		t.Fatalf("got  %s\nwant %s", log.String(), want)
	}
}

func TestAReaderMayBeTakenOutWhileEventsAreSent(t *testing.T) {
	var log strings.Builder
	var all Readers
	a, b, c := &reader{"a", 9, &log, nil}, &reader{"b", 9, &log, nil}, &reader{"c", 9, &log, nil}
	a.on = func() { all.Remove(b) }
	for _, r := range []*reader{a, b, c} {
		all.Add(r)
	}
	all.Send(Batch("1"))
	all.Send(Batch("2"))
	if want := "a:1 b:1 c:1 a:2 c:2 "; log.String() != want {
		t.Fatalf("got  %s\nwant %s", log.String(), want)
	}
}

func TestABatchComesApart(t *testing.T) {
	batch := Batch("event: a\ndata: {\"x\":\"1: 2\"}\n\nid: 7\nevent: b\ndata: {}\n\ndata: [DONE]\n\n")
	var got []string
	for e := range batch.Events() {
		got = append(got, fmt.Sprintf("%s|%s|%s", e.ID, e.Name, e.Data))
	}
	if s := strings.Join(got, " "); s != `|a|{"x":"1: 2"} 7|b|{} ||[DONE]` {
		t.Fatalf("got %s", s)
	}
	for range batch.Events() { // an early end
		break
	}
}
