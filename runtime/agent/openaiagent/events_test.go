package openaiagent

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"innkeeper/runtime/budget"
)

// readAll returns all events of a stream, each as its name and data.
func readAll(e *events) (all []string) {
	for e.next() {
		all = append(all, string(e.kind)+"|"+string(e.data))
	}
	return all
}

// split says what the events are, in the plainest way.
func split(stream string) (all []string) {
	kind, data, has := "", "", false
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
			all = append(all, kind+"|"+data)
			kind, data, has = "", "", false
		case line == "":
			kind = ""
		case name == "event" && len(value) <= wordBytes:
			kind = value
		case name == "data" && has:
			data += "\n" + value
		case name == "data":
			data, has = value, true
		}
	}
}

func FuzzEvents(f *testing.F) {
	for _, stream := range []string{
		"data: a\n\n", "event: x\ndata: a\ndata: b\n\ndata:c\r\n\r\n", ": comment\n\ndata\n\n", "data: cut", "\n\n\nid: 1\ndata:  two\n\n",
		"data: " + strings.Repeat("long", 3000) + "\nevent: x\n\n", strings.Repeat("x", 9000) + ": y\ndata: z\n\n", "event: x\n\ndata: a\n\n",
	} {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		e := newEvents(iotest.HalfReader(strings.NewReader(stream)), nil)
		if got, want := readAll(e), split(stream); !slices.Equal(got, want) || e.err != nil {
			t.Errorf("%q: got %q, %v, want %q", stream, got, e.err, want)
		}
	})
}

// Long events are charged for while they are read, and short ones never wait for anybody.
func TestLongEventsShareAnAmount(t *testing.T) {
	shared := budget.New(1 << 20)
	long := "data: " + strings.Repeat("x", 800<<10) + "\n\n"
	one, other := newEvents(strings.NewReader(long+"data: a\n\n"), shared), newEvents(strings.NewReader("data: b\n\n"+long), shared)
	if !one.next() || !other.next() || string(other.data) != "b" {
		t.Fatalf("no events: %v, %v", one.err, other.err)
	}
	if other.next() || !errors.Is(other.err, errNoRoom) {
		t.Errorf("a second long event: %v", other.err)
	}
	if !one.next() || string(one.data) != "a" || shared.Use().Used != 0 {
		t.Errorf("after the long one: %q, %+v", one.data, shared.Use())
	}
	if again := newEvents(strings.NewReader(long), shared); !again.next() || again.next() || shared.Use().Used != 0 {
		t.Errorf("once there is room: %v, %+v", again.err, shared.Use())
	}
}

// What the client's parser would recurse into it does not see.
func TestErrorBodiesBeyondBounds(t *testing.T) {
	for body, want := range map[string]int{
		`{"error":{"message":"x"}}`: 25,
		"<html>":                    6,
		`{"error":` + strings.Repeat("[", 60<<10):             0,
		`{"error":[` + strings.Repeat(`[],`, 20<<10) + "[]]}": errorBytes,
	} {
		text, err := io.ReadAll(errorBody(io.NopCloser(strings.NewReader(body)), time.Minute))
		if err != nil || len(text) != min(want, len(body)) {
			t.Errorf("%.20s: %d bytes, %v, want %d", body, len(text), err, want)
		}
	}
}
