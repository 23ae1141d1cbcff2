package eventfn_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/mailbox"
)

type instance struct {
	*eventfn.Family
	box    *mailbox.Mailbox
	cancel context.CancelFunc
}

func newInstance() instance {
	ctx, cancel := context.WithCancel(context.Background())
	box := mailbox.New(mailbox.Bounds{New: 10, DeltaBytes: 100}, nil)
	return instance{eventfn.New(family.Core{Context: ctx, Mailbox: box}), box, cancel}
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
