package httpfn_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/mailbox"
)

// What waits for a client that leaves is given back, whatever state the exchange is in.
func TestAClientThatLeavesGivesBackWhatWaits(t *testing.T) {
	for name, write := range map[string]func(h *harness, exchange uint32){
		"a stream": func(h *harness, exchange uint32) {
			h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
			for h.f.Write(exchange, repeat("x", 100)) == 0 {
				synctest.Wait()
			}
		},
		"an answer": func(h *harness, exchange uint32) {
			h.check("respond", h.f.Respond(exchange, 200, nil, repeat("x", 5000)), abi.OK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(cfg *httpfn.Config) { cfg.HighWater, cfg.AnswersBytes = 1000, 5000 }, func(t *testing.T, h *harness, network *memory) {
				for range 3 { // a budget that is not given back is used up by then
					c := network.dial()
					c.send(t, get)
					write(h, h.next(abi.EventHTTPRequest).handle)
					synctest.Wait()
					_ = c.Close()
					synctest.Wait()
					for h.box.Waiting() {
						h.next(abi.EventHTTPGone)
					}
					if used := h.flight.Use().Used; used != 0 {
						t.Fatalf("%d bytes are still charged", used)
					}
				}
			})
		})
	}
}

// A guest that waits and never fetches learns once that there is room.
func TestRoomIsToldOnce(t *testing.T) {
	inBubble(t, func(cfg *httpfn.Config) { cfg.HighWater = 100 }, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, get)
		exchange := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		go func() { _, _ = c.in.WriteTo(discardAll{}) }()
		full := 0
		for range 200 {
			if h.f.Write(exchange, repeat("x", 60)) == abi.EAGAIN.Result() {
				full++
				synctest.Wait() // the client reads everything
			}
		}
		if full < 50 {
			t.Fatalf("there was room all the time but for %d times", full)
		}
		if used := h.flight.Use().Used; used > 4*mailbox.EventBytes {
			t.Errorf("%d bytes of events wait", used)
		}
		h.next(abi.EventHTTPWritable)
		h.none()
		h.check("end", h.f.End(exchange), abi.OK)
		synctest.Wait()
		_ = c.Close()
	})
}

type discardAll struct{}

func (discardAll) Write(p []byte) (int, error) { return len(p), nil }

// It takes more to keep a message of one byte than the byte.
func TestTinyMessagesCountAsWhatTheyCost(t *testing.T) {
	const highWater = 16 << 10
	inBubble(t, func(cfg *httpfn.Config) { cfg.HighWater = highWater }, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, handshake)
		exchange := h.next(abi.EventHTTPRequest).handle
		h.upgrade(c, exchange)
		messages := 0
		for h.f.Write(exchange, []byte("x")) == 0 {
			if messages++; messages > highWater {
				t.Fatal("no end of messages")
			}
		}
		if messages > highWater/8 {
			t.Errorf("%d messages of a byte wait within %d bytes", messages, highWater)
		}
		_ = c.Close()
	})
}

// Clients without the key that do not read leave those with it the means of an answer.
func TestAnswersWithoutTheKeyLeaveRoom(t *testing.T) {
	h := newFamily(t, func(cfg *httpfn.Config) { cfg.AnswersBytes = 4000 })
	gone := make(chan struct{})
	leave := sync.OnceFunc(func() { close(gone) })
	defer func() {
		leave()
		h.tearDown()
	}()
	serve := func(keyed bool) (exchange uint32, ended chan backend.Outcome) {
		ended = make(chan backend.Outcome, 1)
		go func() {
			ended <- h.f.Serve(stuck{discard{map[string][]string{}}, gone}, request(t), backend.Inbound{Keyed: keyed})
		}()
		return h.next(abi.EventHTTPRequest).handle, ended
	}
	first, firstEnded := serve(false)
	h.check("an answer without the key", h.f.Respond(first, 200, nil, repeat("x", 3000)), abi.OK)
	second, secondEnded := serve(false)
	h.check("another", h.f.Respond(second, 200, nil, repeat("x", 100)), abi.ENOMEM)
	third, thirdEnded := serve(true)
	if got := h.f.Respond(third, 200, nil, repeat("x", 1000)); got != 0 {
		t.Fatalf("one with the key: %v", abi.FromResult(got))
	}
	leave()
	h.check("another when there is room", h.f.Respond(second, 200, nil, nil), abi.OK)
	for _, ended := range []chan backend.Outcome{firstEnded, secondEnded, thirdEnded} {
		<-ended
	}
	h.nothingInFlight()
}

// An answer's head is held several times over, so its lines are bounded, too.
func TestLinesOfAnAnswersHead(t *testing.T) {
	h := newHarness(t, nil)
	c, id := h.call(get)
	if got := h.f.Begin(id, 200, []byte(strings.Repeat("a:\n", httpfn.AnswerHeaderLines))); got != abi.EMSGSIZE.Result() {
		t.Fatalf("too many lines: %v", abi.FromResult(got))
	}
	h.check("as many as may be", h.f.Respond(id, 200, []byte(strings.Repeat("a:\n", httpfn.AnswerHeaderLines-1)), nil), abi.OK)
	c.answer(t)
}

// Guest that asks for a name of many letters is told what is there.
func TestLongHeaderNames(t *testing.T) {
	h := newHarness(t, nil)
	long := strings.Repeat("Long", 100)
	c, id := h.call("GET / HTTP/1.1\r\nHost: inn\r\n" + long + ": there\r\n\r\n")
	buffer := make([]byte, 16)
	if n := h.f.Header(id, []byte(strings.ToLower(long)), buffer); n != 5 || string(buffer[:5]) != "there" {
		t.Errorf("got %d %q", n, buffer)
	}
	h.check("another of that length", h.f.Header(id, []byte(strings.Repeat("long", 99)+"none"), buffer), abi.ENOENT)
	h.check("respond", h.f.Respond(id, 200, nil, nil), abi.OK)
	c.answer(t)
}

var errGone = errors.New("the client has left")

// stuck is a client that takes nothing until it leaves.
type stuck struct {
	discard
	gone chan struct{}
}

func (s stuck) Write([]byte) (int, error) {
	<-s.gone
	return 0, errGone
}

func (s stuck) SetWriteDeadline(time.Time) error { return nil }
