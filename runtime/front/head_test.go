package front_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime/metrics"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

// tinyLines are n header lines of a few bytes, no two of the same name.
func tinyLines(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "x%d:\r\n", i)
	}
	return text.String()
}

func TestHeadLines(t *testing.T) {
	l := start(t, nil)
	head := func(lines int) string { // the request line and Host count, too
		return "GET /health HTTP/1.1\r\nHost: x\r\n" + tinyLines(lines-2) + "\r\n"
	}
	for name, send := range map[string]func(c *raw, text string){
		"in one piece": func(c *raw, text string) { c.send(t, text) },
		"byte by byte": func(c *raw, text string) { _, _ = io.Copy(c.Conn, iotest.OneByteReader(strings.NewReader(text))) },
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, l)
			for range 2 { // each request of a connection has its own
				send(c, head(limits.HTTPHeaderLines))
				if got := c.answer(t); got.StatusCode != 200 {
					t.Fatalf("at the limit: %d %s", got.StatusCode, got.text)
				}
			}
			send(c, head(limits.HTTPHeaderLines+1))
			if got := c.answer(t); got.StatusCode != 431 || got.code(t) != "headers_too_large" || !got.Close {
				t.Errorf("over the limit: %d %s", got.StatusCode, got.text)
			}
		})
	}
}

// A client that sends its whole head before it reads can do that: it sees the answer, and not an error of its own.
func TestTooManyLinesAreReadToTheirEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		c := network.dial()
		sent := make(chan error, 1)
		go func() {
			_, err := io.WriteString(c, "GET /health HTTP/1.1\r\n"+tinyLines(8000))
			sent <- err
		}()
		if got := c.answer(t); got.StatusCode != 431 {
			t.Errorf("got %d", got.StatusCode)
		}
		if err := <-sent; err != nil {
			t.Errorf("could not send it all: %v", err)
		}
		_ = c.Close()
	})
}

// Old clients send an empty line behind a body. It is not the end of the head that follows.
func TestAnEmptyLineBeforeAHead(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		c := network.dial()
		c.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
		if got := c.answer(t); got.StatusCode != 200 {
			t.Errorf("got %d", got.StatusCode)
		}
		go func() {
			for _, piece := range []string{"\r\n", "GET /health HTTP/1.1\r\nHost: x\r\n", tinyLines(limits.HTTPHeaderLines), "\r\n"} {
				_, _ = io.WriteString(c, piece)
			}
		}()
		if got := c.answer(t); got.StatusCode != 431 {
			t.Errorf("many lines behind an empty one: %d", got.StatusCode)
		}
		_ = c.Close()
	})
}

// Trailers are as dear as a head, and nobody reads them.
func TestTrailersAreDropped(t *testing.T) {
	s := start(t, nil)
	s.Attach(backendFunc(func(_ http.ResponseWriter, r *http.Request, _ backend.Inbound) backend.Outcome {
		if r.Trailer != nil {
			t.Errorf("the request has trailers: %v", r.Trailer)
		}
		return backend.Answered
	}))
	c := dial(t, s)
	c.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n1\r\nx\r\n0\r\nX-A: 1\r\n\r\n")
	if got := c.answer(t); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
}

// What the HTTP server bounds itself: trailers that go on, and chunks that are mostly extensions.
func TestEndlessChunkedBodies(t *testing.T) {
	l := start(t, nil)
	for name, piece := range map[string]string{
		"trailers":   "0\r\n" + tinyLines(100_000),
		"extensions": strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\nx\r\n", 1000),
		"a size":     strings.Repeat("0", 100_000),
	} {
		c := dial(t, l)
		go func() {
			_, _ = io.WriteString(c, "POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+piece)
		}()
		if got := c.answer(t); got.StatusCode != 400 || got.code(t) != "invalid_body" {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
}

// Lines of a body are no lines of a head, whichever comes in one piece with the other.
func TestLinesOfABodyAreNotCounted(t *testing.T) {
	l := start(t, nil)
	body := strings.Repeat("\n", 3000)
	post := fmt.Sprintf("POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	c := dial(t, l)
	for name, text := range map[string]string{
		"with the head": post, "two requests at once": post + post, "an empty line between": post + "\r\n" + post,
	} {
		c.send(t, text)
		for range strings.Count(text, "POST") {
			if got := c.answer(t); got.StatusCode != 200 || !strings.HasSuffix(got.text, body) {
				t.Fatalf("%s: %d", name, got.StatusCode)
			}
		}
	}
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// A head of 60 KB in tiny lines made 1.3 MB of a parser that bounds bytes only.
func TestATinyLineBombIsNotParsed(t *testing.T) {
	l := start(t, nil)
	bomb := "GET /health HTTP/1.1\r\nHost: x\r\n" + tinyLines(8500)
	const times = 20
	before := allocated()
	for range times {
		c := dial(t, l)
		c.send(t, bomb)
		c.answer(t)
	}
	if each := (allocated() - before) / times; each > 256<<10 {
		t.Errorf("%d bytes are allocated for a head of %d", each, len(bomb))
	}
}

// Heads that never end cost what all of them may together, and whoever comes with a usual head is served.
func TestUnfinishedHeadsAreBoundedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, flight := newMemory(), budget.New(1<<20)
		flight.Reserve(256 << 10)
		f := front.New(front.Config{Logger: discard(), Listen: network.listen, Flight: flight})
		s := open(t, f, nil)
		refused := make(chan int, 40)
		for range cap(refused) {
			c := network.dial()
			go func() { _, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nX: "+strings.Repeat("x", 60_000)+"\r\n") }()
			go func() {
				if response, err := http.ReadResponse(c.in, nil); err == nil {
					refused <- response.StatusCode
					_ = response.Body.Close()
				}
			}()
		}
		synctest.Wait()
		if use := flight.Use(); use.Used > 768<<10 || use.Used < 512<<10 {
			t.Errorf("%d heads are charged %d", cap(refused), use.Used)
		}
		if len(refused) < 10 {
			t.Errorf("%d of %d heads were refused", len(refused), cap(refused))
		}
		for len(refused) > 0 {
			if status := <-refused; status != 503 {
				t.Errorf("refused with %d", status)
			}
		}
		c := network.dial()
		c.send(t, getKeyed)
		if got := c.answer(t); got.StatusCode != 200 {
			t.Errorf("a request with the key got %d beside unfinished heads", got.StatusCode)
		}
		_ = c.Close()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if use := flight.Use(); use.Used != 0 {
			t.Errorf("%d bytes are not given back", use.Used)
		}
	})
}

// All together they have a bound of their own, whatever the host has, and it is free again when they have ended.
func TestTheShareOfUnfinishedHeads(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		head := "GET /health HTTP/1.1\r\nHost: x\r\n" + tinyLines(limits.HTTPHeaderLines-2)
		cost := limits.HTTPHeaderLines*limits.HTTPHeaderLineBytes + len(head) - limits.HTTPHeadFreeBytes
		fill := func() {
			for range limits.HTTPHeadsBytes/cost + 1 {
				c := network.dial()
				go c.closed() // takes the answer, if it gets one
				_, _ = io.WriteString(c, head)
			}
			synctest.Wait()
		}
		for range 2 {
			fill()
			c := network.dial()
			go func() { _, _ = io.WriteString(c, head) }()
			if got := c.answer(t); got.StatusCode != 503 || got.code(t) != "overloaded" || got.Header.Get("Retry-After") == "" {
				t.Errorf("one more got %d %s", got.StatusCode, got.text)
			}
			c = network.dial()
			c.send(t, getKeyed)
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("a usual head got %d", got.StatusCode)
			}
			_ = c.Close()
			time.Sleep(limits.HTTPReadHeaderTimeout + time.Second) // they are closed
			c = network.dial()
			c.send(t, head+"\r\n")
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("a large head got %d when the others were gone", got.StatusCode)
			}
			_ = c.Close()
		}
	})
}

// What waits in the HTTP server's buffer behind a request belongs to the next head, and is charged with it.
func TestPipelinedHeadsAreCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, first := range map[string]string{
			"no body": "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
			"a body":  "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
			"chunks":  "POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		} {
			network, flight := newMemory(), budget.New(1<<30)
			f := front.New(front.Config{Logger: discard(), Listen: network.listen, Flight: flight})
			s := open(t, f, nil)
			c := network.dial()
			next := "GET /health HTTP/1.1\r\n" + tinyLines(200)
			at := len(first) - 1 // the last byte comes with the next head
			c.send(t, first[:at])
			synctest.Wait()
			go func() { _, _ = io.WriteString(c, first[at:]+next) }()
			c.answer(t)
			go func() { _, _ = io.WriteString(c, "y:\r\n") }()
			synctest.Wait()
			if got, want := flight.Use().Used, int64(200*limits.HTTPHeaderLineBytes-limits.HTTPHeadFreeBytes); got < want {
				t.Errorf("%s: %d bytes are charged, want %d", name, got, want)
			}
			_ = c.Close()
			_ = s.Close(t.Context())
			_ = f.Close(t.Context())
			if got := flight.Use().Used; got != 0 {
				t.Errorf("%s: %d bytes are not given back", name, got)
			}
		}
	})
}

// Requests without the key leave places and memory to those that have it.
func TestRequestsWithoutTheKeyLeaveRoom(t *testing.T) {
	half := func(t *testing.T, network *memory, n int) {
		for range n {
			c := network.dial()
			c.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nx")
		}
		synctest.Wait()
	}
	for name, c := range map[string]struct {
		change func(cfg *front.SiteConfig)
		status int
		flight int64
	}{
		"places":           {func(cfg *front.SiteConfig) { cfg.Limits.Exchanges = 16 }, 429, 1 << 30},
		"memory of bodies": {func(cfg *front.SiteConfig) { cfg.Limits.BodiesBytes, cfg.Limits.BodyBytes = 16*8<<10, 8<<10 }, 503, 1 << 30},
		"memory of all":    {nil, 503, 16 * 8 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network, flight := newMemory(), budget.New(c.flight)
				flight.Reserve(c.flight / 4)
				f := front.New(front.Config{Logger: discard(), Listen: network.listen, Flight: flight})
				s := open(t, f, c.change)
				half(t, network, 20)
				open, keyed := network.dial(), network.dial()
				open.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
				if got := open.answer(t); got.StatusCode != c.status {
					t.Errorf("one more without the key got %d, want %d", got.StatusCode, c.status)
				}
				keyed.send(t, "POST /v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\nContent-Length: 1\r\n\r\nx")
				if got := keyed.answer(t); got.StatusCode != 200 {
					t.Errorf("one with the key got %d", got.StatusCode)
				}
				_ = open.Close()
				_ = keyed.Close()
				_ = s.Close(canceled(t))
				_ = f.Close(t.Context())
				if got := flight.Use().Used; got != 0 {
					t.Errorf("%d bytes are not given back", got)
				}
			})
		})
	}
}

// Where no route asks for the key, nothing is set aside.
func TestNothingIsSetAsideWithoutAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) {
			cfg.HTTP.Routes = cfg.HTTP.Routes[:1]
			cfg.Limits.Exchanges = 4
		})
		hold := make(chan struct{})
		s.Attach(backendFunc(func(http.ResponseWriter, *http.Request, backend.Inbound) backend.Outcome {
			<-hold
			return backend.Answered
		}))
		var all []*raw
		for range 4 {
			c := network.dial()
			c.send(t, getHealth)
			all = append(all, c)
		}
		synctest.Wait()
		close(hold)
		for _, c := range all {
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("got %d", got.StatusCode)
			}
			_ = c.Close()
		}
		_ = s.Close(t.Context())
		_ = f.Close(t.Context())
	})
}
