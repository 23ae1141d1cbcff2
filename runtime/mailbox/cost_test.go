package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
)

// A guest that waits and never fetches must not pile up what says how something stands.
func TestLevelsDoNotPileUp(t *testing.T) {
	m := newBox()
	for i := range 100 {
		must(t, m.PostLevel(5, 1, fmt.Append(nil, i)))
		must(t, m.PostLevel(5, 2, nil))
		must(t, m.PostLevel(6, 1, nil))
	}
	expect(t, m, "5 1 99", "5 2 ", "6 1 ")
	must(t, m.PostLevel(5, 1, []byte("again")))
	m.Drop(1)
	must(t, m.PostLevel(5, 1, []byte("after a drop")))
	expect(t, m, "5 1 after a drop")
	m.Close()
	if err := m.PostLevel(5, 1, nil); !errors.Is(err, mailbox.ErrSealed) {
		t.Errorf("after Close: %v", err)
	}
}

// A few hundred requests with queries of 60 KB are as dear as many usual ones.
func TestNewWorkIsBoundedInBytes(t *testing.T) {
	m := mailbox.New(mailbox.Bounds{New: 1000, Bytes: 100_000}, nil)
	for range 3 {
		must(t, m.PostNew(1, 1, make([]byte, 24_000), false))
	}
	if err := m.PostNew(1, 1, make([]byte, 24_000), false); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("the last quarter is for those who are trusted: %v", err)
	}
	must(t, m.PostNew(1, 1, make([]byte, 24_000), true))
	if err := m.PostPassed(1, 1, make([]byte, 24_000), true); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("more than there may be: %v", err)
	}
	must(t, m.Post(2, 1, make([]byte, 24_000)))
}

func TestPlacesAreSetAsideForTheTrusted(t *testing.T) {
	m := mailbox.New(mailbox.Bounds{New: 8}, nil)
	for range 6 {
		must(t, m.PostNew(1, 1, nil, false))
	}
	if err := m.PostNew(1, 1, nil, false); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	must(t, m.PostNew(1, 1, nil, true))
	must(t, m.PostPassed(1, 1, nil, true))
	if err := m.PostPassed(1, 1, nil, true); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("what is passed on is not bounded: %v", err)
	}
}

// Whatever waits is charged, and given back whichever way it goes.
func TestWhatWaitsIsInFlight(t *testing.T) {
	for name, empty := range map[string]func(m *mailbox.Mailbox){
		"fetched": func(m *mailbox.Mailbox) {
			for recv(m) != "" {
			}
		},
		"dropped": func(m *mailbox.Mailbox) { m.Drop(1) },
		"closed":  func(m *mailbox.Mailbox) { m.Close(); m.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			flight := budget.New(1 << 20)
			m := mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 1 << 10, Flight: flight}, nil)
			must(t, m.PostNew(1, 1, make([]byte, 10), false))
			must(t, m.PostPassed(1, 1, make([]byte, 10), false))
			must(t, m.Post(2, 1, make([]byte, 10)))
			must(t, m.PostLevel(3, 1, make([]byte, 5)))
			must(t, m.PostLevel(3, 1, make([]byte, 10)))
			must(t, m.PostLast(4, 1, make([]byte, 10)))
			must(t, m.PostDelta(t.Context(), kindA, 1, make([]byte, 4), true))
			must(t, m.PostDelta(t.Context(), kindA, 1, make([]byte, 6), true)) // joins
			if got := flight.Use().Used; got != 6*(10+mailbox.EventBytes) {
				t.Errorf("%d bytes are charged for six events", got)
			}
			empty(m)
			if got := flight.Use().Used; got != 0 {
				t.Errorf("%d bytes are left", got)
			}
		})
	}
}

// What others use up holds pieces back only while some wait that the guest can fetch.
func TestPiecesWaitForTheHostsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flight := budget.New(1 << 10)
		flight.Force(1 << 10) // by others
		m := mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 1 << 10, Flight: flight}, nil)
		if err := m.PostNew(1, 9, nil, true); !errors.Is(err, mailbox.ErrFull) {
			t.Errorf("new work: %v", err)
		}
		posted := 0
		go func() {
			for m.PostDelta(t.Context(), kindA, 1, []byte("x"), false) == nil {
				posted++
			}
		}()
		for want := 1; want < 4; want++ {
			synctest.Wait()
			if posted != want {
				t.Fatalf("%d pieces were taken, want %d", posted, want)
			}
			recv(m)
		}
		m.Close()
	})
}

func TestNoPieceAfterACancel(t *testing.T) {
	m := newBox()
	cause := errors.New("turn cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := m.PostDelta(ctx, kindA, 1, []byte("x"), false); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	expect(t, m)
}

// The pieces of one stream are charged what they take, so tiny ones are not cheaper than they are.
func TestTinyPiecesOfOneStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mailbox.New(mailbox.Bounds{DeltaBytes: limits.MailboxDeltaBytes}, nil)
		posted := 0
		go func() {
			for m.PostDelta(t.Context(), abi.EventHTTPMessage, 1, []byte("x"), false) == nil {
				posted++
			}
		}()
		synctest.Wait()
		if most := limits.MailboxDeltaBytes / mailbox.EventBytes; posted > most || posted < most/2 {
			t.Errorf("%d messages of a byte wait, want about %d", posted, most)
		}
		m.Close()
	})
}

// EventBytes is what an event takes: not less than it does, and not so much more that the bounds mean nothing.
func TestAnEventTakesWhatItIsCharged(t *testing.T) {
	const events = 100_000
	m := mailbox.New(mailbox.Bounds{}, nil)
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	for range events {
		must(t, m.Post(abi.EventHTTPGone, 1, []byte{1}))
	}
	each := (heap() - before) / events
	if each > mailbox.EventBytes || each < mailbox.EventBytes/2 {
		t.Errorf("an event takes %d bytes and is charged %d", each, mailbox.EventBytes)
	}
	runtime.KeepAlive(m)
}
