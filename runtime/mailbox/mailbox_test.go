package mailbox_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/mailbox"
)

const (
	kindA abi.EventKind = abi.EventAgentText
	kindB abi.EventKind = abi.EventAgentReasoning
)

// newBox has room for ten bytes of a handle, in one event.
func newBox() *mailbox.Mailbox {
	return mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 10 + mailbox.EventBytes}, nil)
}

// recv takes the next event, as kind, handle and payload in one text; empty if there is none.
func recv(m *mailbox.Mailbox) string {
	buffer := make([]byte, 1<<10)
	size, ok := m.Recv(buffer)
	if !ok {
		return ""
	}
	event := buffer[:size]
	return fmt.Sprintf("%x %d %s", binary.LittleEndian.Uint32(event), binary.LittleEndian.Uint32(event[4:]), event[abi.EventHeaderSize:])
}

func expect(t *testing.T, m *mailbox.Mailbox, want ...string) {
	t.Helper()
	for _, w := range append(want, "") {
		if got := recv(m); got != w {
			t.Errorf("next event: got %q, want %q", got, w)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventsComeInOrder(t *testing.T) {
	m := newBox()
	must(t, m.PostNew(1, 7, []byte("new"), true))
	must(t, m.Post(2, 7, nil))
	must(t, m.PostDelta(t.Context(), kindA, 8, []byte("delta"), true))
	must(t, m.Post(3, 0, []byte("host")))
	expect(t, m, "1 7 new", "2 7 ", "200 8 delta", "3 0 host")
}

func TestRecvTakesNothingThatDoesNotFit(t *testing.T) {
	m := newBox()
	must(t, m.Post(1, 2, []byte("four")))
	small := bytes.Repeat([]byte{0xee}, abi.EventHeaderSize+3)
	size, ok := m.Recv(small)
	if !ok || size != abi.EventHeaderSize+4 {
		t.Fatalf("got size %d, %t", size, ok)
	}
	if !bytes.Equal(small, bytes.Repeat([]byte{0xee}, len(small))) {
		t.Errorf("the buffer was written: %x", small)
	}
	expect(t, m, "1 2 four")
}

func TestPostNewIsBoundedAndPostIsNot(t *testing.T) {
	m := newBox()
	for i := range 4 {
		must(t, m.PostNew(1, uint32(i+1), nil, true))
	}
	if err := m.PostNew(1, 5, nil, true); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("fifth event: %v", err)
	}
	must(t, m.Post(2, 1, nil))
	recv(m)
	recv(m)
	if err := m.PostNew(1, 6, nil, true); err != nil {
		t.Errorf("after two were fetched: %v", err)
	}
}

// Dropped events behind one that waits used to count against the bound until it was fetched.
func TestDroppedEventsFreeTheirPlace(t *testing.T) {
	m := newBox()
	for round := range 100 {
		for handle := range uint32(3) {
			must(t, m.PostNew(1, 10+handle, nil, true))
		}
		if round == 0 {
			must(t, m.PostNew(9, 1, nil, true))
		}
		for handle := range uint32(3) {
			m.Drop(10 + handle)
		}
	}
	expect(t, m, "9 1 ")
}

func TestDropKeepsOthersInOrder(t *testing.T) {
	m := newBox()
	for _, handle := range []uint32{1, 2, 1, 3, 1} {
		must(t, m.Post(1, handle, nil))
	}
	m.Drop(1)
	m.Drop(1)
	m.Drop(99)
	expect(t, m, "1 2 ", "1 3 ")
}

func TestDeltasJoin(t *testing.T) {
	m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10}, nil)
	post := func(kind abi.EventKind, handle uint32, text string, join bool) {
		t.Helper()
		must(t, m.PostDelta(t.Context(), kind, handle, []byte(text), join))
	}
	post(kindA, 1, "a", true)
	post(kindA, 2, "x", true)
	post(kindA, 1, "b", true)  // joins over the other handle's
	post(kindB, 1, "c", true)  // another kind does not
	post(kindA, 1, "d", true)  // nor does it jump over that
	post(kindA, 1, "e", false) // nor when it must not
	post(kindA, 1, "f", true)
	expect(t, m, "200 1 ab", "200 2 x", "201 1 c", "200 1 d", "200 1 ef")
}

func TestADeltaDoesNotJoinWhatIsNoDelta(t *testing.T) {
	m := newBox()
	must(t, m.Post(kindA, 1, []byte("done")))
	must(t, m.PostDelta(t.Context(), kindA, 1, []byte("more"), true))
	expect(t, m, "200 1 done", "200 1 more")
}

func TestDeltaIsCopied(t *testing.T) {
	m := newBox()
	piece := []byte("before")
	must(t, m.PostDelta(t.Context(), kindA, 1, piece, false))
	copy(piece, "after!")
	expect(t, m, "200 1 before")
}

func TestDeltaBlocksUntilThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newBox()
		must(t, m.PostDelta(t.Context(), kindA, 1, []byte("12345678"), true))
		must(t, m.PostDelta(t.Context(), kindA, 2, []byte("other handle"), true)) // over the bound, but it is the first
		done := false
		go func() {
			if err := m.PostDelta(t.Context(), kindA, 1, []byte("abc"), true); err != nil {
				t.Errorf("post: %v", err)
			}
			done = true
		}()
		synctest.Wait()
		if done {
			t.Fatal("went over the bound")
		}
		if got := recv(m); got != "200 1 12345678" {
			t.Fatalf("got %q", got)
		}
		synctest.Wait()
		if !done {
			t.Fatal("still blocked although there is room")
		}
		expect(t, m, "200 2 other handle", "200 1 abc")
	})
}

func TestWhatEndsABlockedDelta(t *testing.T) {
	cause := errors.New("turn cancelled")
	cases := map[string]struct {
		end  func(m *mailbox.Mailbox, cancel context.CancelCauseFunc)
		want error
	}{
		"cancel": {func(_ *mailbox.Mailbox, cancel context.CancelCauseFunc) { cancel(cause) }, cause},
		"close":  {func(m *mailbox.Mailbox, _ context.CancelCauseFunc) { m.Close() }, mailbox.ErrSealed},
		"cancel and drop": {func(m *mailbox.Mailbox, cancel context.CancelCauseFunc) {
			cancel(cause)
			m.Drop(1)
		}, cause},
		"drop": {func(m *mailbox.Mailbox, _ context.CancelCauseFunc) { m.Drop(1) }, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newBox()
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				must(t, m.PostDelta(ctx, kindA, 1, []byte("1234567890"), true))
				got := make(chan error, 1)
				go func() { got <- m.PostDelta(ctx, kindA, 1, []byte("more"), true) }()
				synctest.Wait()
				c.end(m, cancel)
				if err := <-got; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if c.want != nil && name != "cancel" {
					expect(t, m)
				}
			})
		})
	}
}

func TestSeal(t *testing.T) {
	m := newBox()
	m.RefuseNew()
	if err := m.PostNew(1, 1, nil, true); !errors.Is(err, mailbox.ErrSealed) {
		t.Errorf("new work after RefuseNew: %v", err)
	}
	must(t, m.Post(2, 1, nil))
	must(t, m.PostDelta(t.Context(), kindA, 1, []byte("x"), false))
	m.Close()
	m.Close()
	expect(t, m)
	if err := m.Post(2, 1, nil); !errors.Is(err, mailbox.ErrSealed) {
		t.Errorf("event after Close: %v", err)
	}
	if err := m.PostDelta(t.Context(), kindA, 1, nil, false); !errors.Is(err, mailbox.ErrSealed) {
		t.Errorf("delta after Close: %v", err)
	}
	m.Drop(1)
}

func TestUnseen(t *testing.T) {
	m := newBox()
	must(t, m.PostNew(1, 1, nil, true))
	must(t, m.PostNew(1, 2, nil, true))
	m.RefuseNew()
	must(t, m.PostPassed(1, 3, nil, true))
	must(t, m.Post(2, 4, nil))
	if _, ok := m.Recv(make([]byte, 64)); !ok {
		t.Fatal("nothing there")
	}
	if m.Unseen(2) {
		t.Error("a handle whose news waits still may be learned of")
	}
	m.Drop(2)
	must(t, m.PostPassed(1, 5, nil, true))
	m.Close()
	for handle, want := range map[uint32]bool{1: false, 2: false, 3: true, 4: false, 5: true} {
		if m.Unseen(handle) != want {
			t.Errorf("handle %d: unseen %v", handle, !want)
		}
	}
}

func TestWait(t *testing.T) {
	cause := errors.New("instance over")
	synctest.Test(t, func(t *testing.T) {
		m := newBox()
		ctx, cancel := context.WithCancelCause(t.Context())
		check := func(what string, timeout time.Duration, want bool, wantErr error, took time.Duration) {
			t.Helper()
			start := time.Now()
			got, err := m.Wait(ctx, timeout)
			if got != want || !errors.Is(err, wantErr) || time.Since(start) != took {
				t.Errorf("%s: got %t, %v after %v; want %t, %v after %v", what, got, err, time.Since(start), want, wantErr, took)
			}
		}
		check("a look", 0, false, nil, 0)
		check("nothing comes", time.Second, false, nil, time.Second)
		time.AfterFunc(time.Second, func() { _ = m.Post(1, 1, nil) })
		check("something comes", time.Minute, true, nil, time.Second)
		check("it still waits", -1, true, nil, 0)
		recv(m)
		must(t, m.Post(1, 1, nil))
		m.Drop(1) // leaves a stale wake-up behind
		check("what came was dropped", time.Second, false, nil, time.Second)
		time.AfterFunc(time.Second, func() { cancel(cause) })
		check("the instance ends", -1, false, cause, time.Second)
		check("a look after the end", 0, false, cause, 0)
	})
}

func TestBusyCountsOnlyWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newBox()
		busy := func(what string, want time.Duration) {
			t.Helper()
			if got := m.Busy(); got != want {
				t.Errorf("%s: busy for %v, want %v", what, got, want)
			}
		}
		time.Sleep(time.Second)
		busy("before the first visit", time.Second)
		recv(m)
		time.Sleep(2 * time.Second)
		busy("after Recv", 2*time.Second)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = m.Wait(t.Context(), time.Minute)
		}()
		synctest.Wait()
		time.Sleep(30 * time.Second)
		busy("while it waits", 0)
		<-done
		busy("just back", 0)
		time.Sleep(3 * time.Second)
		busy("after Wait", 3*time.Second)
		_, _ = m.Wait(t.Context(), 0)
		busy("after a look", 0)
	})
}

// Many posters, one receiver: nothing is lost, doubled or out of order within a handle.
func TestConcurrentPosters(t *testing.T) {
	const posters, pieces = 8, 500
	m := mailbox.New(mailbox.Bounds{New: 64, DeltaBytes: 32 + 2*mailbox.EventBytes}, nil)
	var group sync.WaitGroup
	for handle := range uint32(posters) {
		group.Go(func() {
			for i := range pieces {
				piece := binary.LittleEndian.AppendUint32(nil, uint32(i))
				if err := m.PostDelta(t.Context(), kindA, handle+1, piece, rand.IntN(2) == 0); err != nil {
					t.Errorf("post: %v", err)
					return
				}
			}
			if err := m.Post(9, handle+1, nil); err != nil {
				t.Errorf("post: %v", err)
			}
		})
	}
	next := map[uint32]uint32{}
	buffer := make([]byte, 1<<10)
	for ended := 0; ended < posters; {
		if _, err := m.Wait(t.Context(), -1); err != nil {
			t.Fatal(err)
		}
		size, ok := m.Recv(buffer)
		if !ok {
			continue
		}
		kind, handle := binary.LittleEndian.Uint32(buffer), binary.LittleEndian.Uint32(buffer[4:])
		if kind == 9 {
			ended++
			if next[handle] != pieces {
				t.Errorf("handle %d ended after %d pieces", handle, next[handle])
			}
			continue
		}
		for payload := buffer[abi.EventHeaderSize:size]; len(payload) > 0; payload = payload[4:] {
			if got := binary.LittleEndian.Uint32(payload); got != next[handle] {
				t.Fatalf("handle %d: got piece %d, want %d", handle, got, next[handle])
			}
			next[handle]++
		}
	}
	group.Wait()
}

// Posters, droppers and a close at any moment: nobody hangs.
func TestCloseUnderLoad(t *testing.T) {
	for range 50 {
		m := newBox()
		var group sync.WaitGroup
		for handle := range uint32(4) {
			group.Go(func() {
				for {
					err := m.PostDelta(t.Context(), kindA, handle+1, []byte("123456"), handle%2 == 0)
					if err == nil {
						err = m.PostNew(1, handle+1, nil, true)
					}
					if errors.Is(err, mailbox.ErrSealed) {
						return
					}
				}
			})
			group.Go(func() {
				for range 20 {
					m.Drop(handle + 1)
				}
			})
		}
		for range 50 {
			recv(m)
		}
		m.Close()
		group.Wait()
	}
}

func BenchmarkPostRecv(b *testing.B) {
	m := mailbox.New(mailbox.Bounds{New: 8, DeltaBytes: 64}, nil)
	buffer, payload := make([]byte, 256), make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.PostNew(1, 1, payload, true)
		_, _ = m.Recv(buffer)
	}
}

// A guest that keeps up gets the pieces as they came; one that is behind gets the rest joined.
func TestPiecesAreJoinedOnlyForAGuestThatIsBehind(t *testing.T) {
	m := mailbox.New(mailbox.Bounds{New: 8, DeltaBytes: 1 << 10, JoinFrom: 3}, nil)
	post := func(text string) { must(t, m.PostDelta(t.Context(), kindA, 1, []byte(text), true)) }
	recv := func() string {
		b := make([]byte, 64)
		n, ok := m.Recv(b)
		if !ok {
			return ""
		}
		return string(b[abi.EventHeaderSize:n])
	}
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		post(text)
	}
	for _, want := range []string{"a", "b", "cde", ""} {
		if got := recv(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	post("f")
	post("g")
	for _, want := range []string{"f", "g", ""} {
		if got := recv(); got != want {
			t.Errorf("after it caught up: got %q, want %q", got, want)
		}
	}
}

// The handle ends with the fetch of its last event: not when that is posted, nor when it did not fit, nor with any other event.
func TestLastEvents(t *testing.T) {
	var retired []uint32
	m := mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 10}, func(handle uint32) { retired = append(retired, handle) })
	if err := errors.Join(m.Post(1, 7, nil), m.PostLast(2, 7, []byte("end")), m.PostLast(2, 8, nil)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 64)
	m.Recv(buffer)
	if m.Recv(buffer[:abi.EventHeaderSize]); len(retired) != 0 {
		t.Errorf("retired %v before the last event was fetched", retired)
	}
	m.Recv(buffer)
	if !slices.Equal(retired, []uint32{7}) {
		t.Errorf("retired %v", retired)
	}
	m.Drop(8)
	if _, ok := m.Recv(buffer); ok || len(retired) != 1 {
		t.Errorf("a dropped event retired %v", retired)
	}
}
