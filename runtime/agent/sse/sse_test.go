package sse_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"innkeeper/runtime/agent/sse"
	"innkeeper/runtime/budget"
)

func wide() sse.Bounds { return sse.Bounds{Event: 1 << 20, Stream: 1 << 24} }

// readAll returns all events of a stream, each as its name and data.
func readAll(r *sse.Reader) (all []string) {
	for r.Next() {
		all = append(all, string(r.Name())+"|"+string(r.Data()))
	}
	return all
}

// split says what the events are, in the plainest way.
func split(stream string) (all []string) {
	event, data, has := "", "", false
	for {
		line, rest, ok := strings.Cut(stream, "\n")
		if !ok {
			return all
		}
		stream, line = rest, strings.TrimSuffix(line, "\r")
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && has:
			all = append(all, event+"|"+data)
			event, data, has = "", "", false
		case line == "":
			event = ""
		case name == "event" && len(value) <= 256:
			event = value
		case name == "data" && has:
			data += "\n" + value
		case name == "data":
			data, has = value, true
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, stream := range []string{
		"data: a\n\n", "event: x\ndata: a\ndata: b\n\ndata:c\r\n\r\n", ": comment\n\ndata\n\n", "data: cut", "\n\n\nid: 1\ndata:  two\n\n",
		"data: " + strings.Repeat("long", 3000) + "\nevent: x\n\n", strings.Repeat("x", 9000) + ": y\ndata: z\n\n", "event: x\n\ndata: a\n\n",
		"event: " + strings.Repeat("x", 300) + "\ndata: a\n\n", "data: a\r\r\n\n",
	} {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		r := sse.NewReader(iotest.HalfReader(strings.NewReader(stream)), wide())
		if got, want := readAll(r), split(stream); len(stream) < 4096 && !slices.Equal(got, want) || r.Err() != nil {
			t.Errorf("%q: got %q, %v, want %q", stream, got, r.Err(), want)
		}
	})
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name, stream string
		bounds       sse.Bounds
		events       int
		want         error
	}{
		{"within", "data: 12345\n\n", sse.Bounds{Event: 5, Stream: 13}, 1, nil},
		{"event", "data: 1\n\ndata: 12345\n\n", sse.Bounds{Event: 4, Stream: 100}, 1, sse.ErrEventTooLong},
		{"lines of an event", "data: 12\ndata: 34\n\n", sse.Bounds{Event: 4, Stream: 100}, 0, sse.ErrEventTooLong},
		{"long line", "data: " + strings.Repeat("x", 10_000) + "\n\n", sse.Bounds{Event: 9_999, Stream: 20_000}, 0, sse.ErrEventTooLong},
		{"stream", "data: 1\n\ndata: 2\n\n", sse.Bounds{Event: 4, Stream: 17}, 1, sse.ErrStreamTooLong},
		{"comments", strings.Repeat(": x\n", 100), sse.Bounds{Event: 4, Stream: 100}, 0, sse.ErrStreamTooLong},
		{"broken", "data: 1\n\ndata", sse.Bounds{Event: 4, Stream: 100}, 1, io.ErrUnexpectedEOF},
	} {
		from := io.Reader(strings.NewReader(c.stream))
		if c.want == io.ErrUnexpectedEOF {
			from = io.MultiReader(from, iotest.ErrReader(c.want))
		}
		r := sse.NewReader(from, c.bounds)
		if events := readAll(r); len(events) != c.events || !errors.Is(r.Err(), c.want) || r.Next() {
			t.Errorf("%s: %q, %v", c.name, events, r.Err())
		}
	}
}

// Long events are charged for while they are read, and short ones never wait for anybody.
func TestLongEventsShareAnAmount(t *testing.T) {
	shared := budget.New(1 << 20)
	bounds := wide()
	bounds.Free, bounds.Shared = 64<<10, shared
	read := func(stream string) *sse.Reader { return sse.NewReader(strings.NewReader(stream), bounds) }
	long := "data: " + strings.Repeat("x", 800<<10) + "\n\n"
	one, other := read(long+"data: a\n\n"), read("data: b\n\n"+long)
	if !one.Next() || !other.Next() || string(other.Data()) != "b" {
		t.Fatalf("no events: %v, %v", one.Err(), other.Err())
	}
	if other.Next() || !errors.Is(other.Err(), sse.ErrNoRoom) {
		t.Errorf("a second long event: %v", other.Err())
	}
	if !one.Next() || string(one.Data()) != "a" || shared.Use().Used != 0 {
		t.Errorf("after the long one: %q, %+v", one.Data(), shared.Use())
	}
	again := read(long)
	if !again.Next() || shared.Use().Used == 0 {
		t.Errorf("once there is room: %v, %+v", again.Err(), shared.Use())
	}
	if again.Close(); shared.Use().Used != 0 {
		t.Errorf("after the end: %+v", shared.Use())
	}
}
