package openaiagent_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"innkeeper/runtime/agent"
	up "innkeeper/runtime/agent/upstreamtest"
	"innkeeper/runtime/jsonbound"
)

// endless is a body that begins with some text and goes on with another for ever; it counts what is read of it.
type endless struct {
	start, more string
	read        int
	closed      bool
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if e.start == "" {
			e.start = e.more
		}
		took := copy(p[n:], e.start)
		e.start, n = e.start[took:], n+took
	}
	e.read += n
	return n, nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

func (e *endless) answer(status int) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		res := respond(status, "X", "x", "")
		res.Body = e
		return res, nil
	}
}

// Whatever an upstream does not stop sending is read up to a bound.
func TestEndlessAnswersAreBounded(t *testing.T) {
	event := up.Content("a")
	for _, c := range []struct {
		name        string
		status      int
		start, more string
		code        string
		most        int // bytes read of it
		memory      uint64
	}{
		{"error", 500, `{"error":"`, "x", "upstream_error", 128 << 10, 1 << 20},
		{"event", 200, event + "data: ", "x", "upstream_malformed", 5 << 20, 32 << 20},
		{"lines of an event", 200, event, "data: x\n", "upstream_malformed", 17 << 20, 32 << 20},
		{"line that is no data", 200, event + "id: ", "x", "upstream_malformed", 130 << 20, 1 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &endless{start: c.start, more: c.more}
			if len(body.more) < 1<<10 {
				body.more = strings.Repeat(c.more, 1<<10)
			}
			a := newAgent(t, "http://upstream.test/v1", noRetries, through(body.answer(c.status)))
			before := allocated()
			mustFail(t, run(t, a, hello), 502, c.code)
			if grown := allocated() - before; grown > c.memory {
				t.Errorf("%d bytes were allocated", grown)
			}
			if body.read > c.most || !body.closed {
				t.Errorf("%d bytes were read, closed: %v", body.read, body.closed)
			}
		})
	}
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// A head without end ends the request.
func TestEndlessHeadIsBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	line := []byte("X-More: " + strings.Repeat("x", 1000) + "\r\n")
	go func() { // ends with the connection, which the agent closes
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		defer close(gone)
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = conn.Write(line)
		}
	}()
	before := allocated()
	r := run(t, newAgent(t, "http://"+l.Addr().String()+"/v1", noRetries), hello)
	mustFail(t, r, 502, "upstream_unreachable")
	_ = l.Close()
	<-gone
	if grown := allocated() - before; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// Events that cost a parser more than they are worth.
func TestEventsBeyondBounds(t *testing.T) {
	for name, data := range map[string]string{
		"deep":        `{"choices":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}",
		"brackets":    strings.Repeat("[", 4<<20),
		"many values": `{"choices":[` + strings.Repeat("0,", 1<<17) + "0]}",
	} {
		s := up.Start(t, up.Stream(up.Content("a"), up.Frame(data), up.Finish("stop"), up.Done))
		r := run(t, newAgent(t, s.URL()), hello)
		mustFail(t, r, 502, "upstream_malformed")
		var exceeded *jsonbound.Error
		if r.text != "a" || !errors.As(r.failed.Cause, &exceeded) {
			t.Errorf("%s: text %q, %v", name, r.text, r.failed)
		}
	}
}

// Words that each chunk repeats are kept short.
func TestLongWordsAreCut(t *testing.T) {
	long := strings.Repeat("m", 1<<20)
	s := up.Start(t, up.Stream(up.Frame(fmt.Sprintf(`{"id":%q,"model":%q,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":%q}]}`, long, long, long)), up.Done))
	done := run(t, newAgent(t, s.URL()), hello).done
	if done == nil || len(done.ID) > 1024 || len(done.Model) > 1024 || len(done.FinishReason) > 1024 || done.Model[0] != 'm' {
		t.Errorf("done %.100v", done)
	}
}

// Some upstreams cut their tokens within a character.
func TestBytesThatAreNoText(t *testing.T) {
	s := up.Start(t, up.Stream(up.Frame("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\xe9\x95\"},\"finish_reason\":\"stop\"}]}"), up.Done))
	if r := run(t, newAgent(t, s.URL()), hello); r.text != "a\uFFFD" {
		t.Errorf("text %q, failed %v", r.text, r.failed)
	}
}

// FuzzAnswer holds a turn to its contract whatever the upstream sends: one last event, nothing after it, no panic.
func FuzzAnswer(f *testing.F) {
	f.Add(up.Content("a") + up.Finish("stop") + up.Done)
	f.Add(up.CallStart(0, "c", "f") + up.CallArguments(0, `{"a":`) + up.Usage + up.Done)
	f.Add("event: error\r\ndata: {\"message\":\"x\"}\r\n\r\n")
	f.Add("data:{\"choices\":[{\"delta\":\ndata:{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"reasoning\":\"\\ud800\"}}]}\n\n")
	f.Add("data: {\"error\":{\"code\":429}}\n\n: \n\ndata\n\n")
	f.Fuzz(func(t *testing.T, stream string) {
		a := newAgent(t, "http://upstream.test/v1", noRetries, through(func(*http.Request) (*http.Response, error) {
			return respond(200, "X", "x", stream), nil
		}))
		for _, e := range run(t, a, hello).events {
			if e.Kind != agent.KindToolCall && !e.Kind.Last() && e.Text == "" {
				t.Errorf("%q: an empty piece of %s", stream, e.Kind)
			}
		}
	})
}
