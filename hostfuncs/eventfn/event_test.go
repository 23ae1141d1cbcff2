package eventfn_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
)

type inert struct{}

func (inert) CloseHandle(context.Context) error { return nil }

type instance struct {
	*eventfn.Family
	box    *mailbox.Mailbox
	ledger *ledger.Ledger
	cancel context.CancelFunc
}

func newInstance() instance {
	ctx, cancel := context.WithCancel(context.Background())
	box, l := mailbox.New(mailbox.Bounds{New: 10, DeltaBytes: 100}), ledger.New(ledger.Quota{})
	return instance{eventfn.New(ctx, eventfn.Config{Mailbox: box, Ledger: l}), box, l, cancel}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newInstance()
		start := time.Now()
		if r := i.Wait(0); r != 0 || time.Since(start) != 0 {
			t.Errorf("a look: %d after %v", r, time.Since(start))
		}
		if r := i.Wait(int64(3 * time.Second)); r != 0 || time.Since(start) != 3*time.Second {
			t.Errorf("three seconds: %d after %v", r, time.Since(start))
		}
		go func() {
			time.Sleep(time.Hour)
			_ = i.box.Post(abi.EventHTTPGone, 1, nil)
		}()
		if r := i.Wait(-1); r != 1 || time.Since(start) != time.Hour+3*time.Second {
			t.Errorf("for ever: %d after %v", r, time.Since(start))
		}
		if r := i.Wait(0); r != 1 {
			t.Errorf("a look at an event that waits: %d", r)
		}
	})
}

func TestWaitEndsWithTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newInstance()
		go i.cancel()
		if r := i.Wait(-1); r != abi.ECANCELED.Result() {
			t.Errorf("got %d", r)
		}
		if r := i.Wait(0); r != abi.ECANCELED.Result() {
			t.Errorf("a look after the end: %d", r)
		}
	})
}

func TestRecv(t *testing.T) {
	i := newInstance()
	defer i.cancel()
	buffer := make([]byte, 64)
	if r := i.Recv(buffer); r != abi.EAGAIN.Result() {
		t.Errorf("an empty mailbox: %d", r)
	}
	if err := i.box.Post(abi.EventHTTPRequest, 7, []byte("payload")); err != nil {
		t.Fatal(err)
	}
	const size = abi.EventHeaderSize + 7
	for _, n := range []int{0, 1, abi.EventHeaderSize, size - 1} {
		small := make([]byte, n)
		if r := i.Recv(small); r != size || string(small) != string(make([]byte, n)) {
			t.Errorf("a buffer of %d: %d, %q", n, r, small)
		}
	}
	want := append(abi.AppendEventHeader(nil, abi.EventHTTPRequest, 7), "payload"...)
	if r := i.Recv(buffer); r != size || string(buffer[:size]) != string(want) {
		t.Errorf("got %d, %q", r, buffer)
	}
	if r := i.Recv(buffer); r != abi.EAGAIN.Result() {
		t.Errorf("the event came twice: %d", r)
	}
}

// Fetching the last event of a turn closes the turn's handle, and no other event closes anything.
func TestLastEventRetiresTheTurn(t *testing.T) {
	for _, c := range []struct {
		kind    abi.EventKind
		of      ledger.Kind
		retires bool
	}{
		{abi.EventAgentDone, limits.HandleAgentTurn, true},
		{abi.EventAgentFailed, limits.HandleAgentTurn, true},
		{abi.EventAgentText, limits.HandleAgentTurn, false},
		{abi.EventAgentToolCall, limits.HandleAgentTurn, false},
		{abi.EventHTTPGone, limits.HandleHTTPExchange, false},
		{abi.EventShutdown, limits.HandleAgentTurn, false},
	} {
		i := newInstance()
		handle, err := i.ledger.Register(context.Background(), c.of, 0, "test", inert{})
		if err != nil {
			t.Fatal(err)
		}
		if err := i.box.Post(c.kind, handle, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		i.Recv(make([]byte, abi.EventHeaderSize)) // too small: not fetched
		if i.ledger.Open() != 1 {
			t.Errorf("kind %#x: retired before it was fetched", c.kind)
		}
		i.Recv(make([]byte, 64))
		if retired := i.ledger.Open() == 0; retired != c.retires {
			t.Errorf("kind %#x: retired %v, want %v", c.kind, retired, c.retires)
		}
		i.cancel()
	}
}
