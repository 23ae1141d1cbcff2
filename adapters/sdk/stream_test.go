package sdk_test

import (
	"errors"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

func TestStream(t *testing.T) {
	run := serve(t, func(x *sdk.Exchange) {
		x.Begin(200, sdk.Header("content-type: text/event-stream\n"))
		x.Write([]byte("a"))
		x.Send([]byte("b"))
		x.End()
	})
	got := run.Ask(sdktest.Request{})
	if !got.Streamed || strings.Join(got.Chunks, "|") != "a|b" || got.Headers != "content-type: text/event-stream\n" {
		t.Errorf("response %+v", got)
	}
}

// commands lets a test act inside of the loop: each request to /do runs the next function.
type commands struct {
	run    *sdktest.Run
	stream *sdk.Exchange
	next   func()
}

// startStream runs an adapter that begins a stream for /stream; do runs a function on its loop.
func startStream(t *testing.T) (*commands, *sdktest.Exchange) {
	t.Helper()
	c := &commands{}
	c.run = serve(t, func(x *sdk.Exchange) {
		if x.Path == "/do" {
			c.next()
			x.RespondText(200, "")
			return
		}
		c.stream = x
		x.Begin(200, nil)
	})
	client := c.run.Request(sdktest.Request{Path: "/stream"})
	c.do(func() {})
	return c, client
}

func (c *commands) do(f func()) {
	c.next = f
	c.run.Ask(sdktest.Request{Path: "/do"})
}

func TestSendHoldsWhatASlowClientDoesNotTake(t *testing.T) {
	c, client := startStream(t)
	client.Stall()
	big := strings.Repeat("x", 100_000)
	written := 0
	c.do(func() {
		c.stream.OnWritable(func() { written++ })
		for _, chunk := range []string{"a", "b", big} {
			if err := c.stream.Send([]byte(chunk)); err != nil {
				t.Error(err)
			}
		}
		if err := c.stream.Write([]byte("no")); !errors.Is(err, abi.EAGAIN) {
			t.Errorf("a write may not overtake what is held: %v", err)
		}
		if got := c.stream.Pending(); got != len(big)+2 {
			t.Errorf("%d bytes pending", got)
		}
	})
	client.Resume()
	c.do(func() {
		if c.stream.Pending() != 0 || written != 1 {
			t.Errorf("%d bytes pending, OnWritable called %d times", c.stream.Pending(), written)
		}
		c.stream.Send([]byte("c"))
		c.stream.End()
	})
	got := client.Wait()
	if got.Body != "ab"+big+"c" {
		t.Errorf("body of %d bytes", len(got.Body))
	}
	for _, chunk := range got.Chunks {
		if len(chunk) > 64<<10 {
			t.Errorf("a piece of %d bytes", len(chunk))
		}
	}
}

func TestEndFollowsWhatIsHeld(t *testing.T) {
	c, client := startStream(t)
	client.Stall()
	c.do(func() {
		c.stream.Send([]byte("held"))
		if err := c.stream.End(); err != nil || c.stream.Ended() {
			t.Errorf("end with bytes pending: %v, ended %t", err, c.stream.Ended())
		}
		if err := c.stream.Send([]byte("more")); !errors.Is(err, sdk.ErrEnded) {
			t.Errorf("send after end: %v", err)
		}
	})
	client.Resume()
	if got := client.Wait(); got.Body != "held" || got.Aborted {
		t.Errorf("response %+v", got)
	}
	c.do(func() {
		if !c.stream.Ended() {
			t.Error("not ended")
		}
	})
}

func TestSendLimitCutsTheClient(t *testing.T) {
	c, client := startStream(t)
	client.Stall()
	c.do(func() {
		c.stream.SetSendLimit(10)
		if err := c.stream.Send(make([]byte, 10)); err != nil {
			t.Error(err)
		}
		if err := c.stream.Send([]byte("x")); !errors.Is(err, abi.EPIPE) || !c.stream.Ended() {
			t.Errorf("over the limit: %v, ended %t", err, c.stream.Ended())
		}
	})
	if got := client.Wait(); !got.Aborted {
		t.Error("the client was not cut off")
	}
}

func TestGone(t *testing.T) {
	c, client := startStream(t)
	calls := 0
	c.do(func() { c.stream.OnGone(func() { calls++ }) })
	client.Leave()
	c.do(func() {
		if !c.stream.Gone() || calls != 1 {
			t.Errorf("gone %t, OnGone called %d times", c.stream.Gone(), calls)
		}
		if err := c.stream.Send([]byte("x")); !errors.Is(err, abi.EPIPE) {
			t.Errorf("send to one who left: %v", err)
		}
		if c.stream.Ended() {
			t.Error("ended before its End")
		}
		if err := c.stream.End(); !errors.Is(err, abi.EPIPE) || !c.stream.Ended() {
			t.Errorf("end: %v, ended %t", err, c.stream.Ended())
		}
	})
	client.Wait()
}

func TestGoneWhileTheEndWaits(t *testing.T) {
	c, client := startStream(t)
	client.Stall()
	c.do(func() {
		c.stream.Send([]byte("held"))
		c.stream.End()
	})
	client.Leave()
	client.Wait()
	if exchanges, _ := c.run.Open(); exchanges != 0 {
		t.Errorf("%d exchanges left open", exchanges)
	}
}
