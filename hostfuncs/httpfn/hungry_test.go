package httpfn_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
)

const firstPiece = 4 << 10

// filled uses all of the host's memory up but for left bytes, and returns what gives some of it back.
func filled(h *harness, left int64) (give func(n int64)) {
	const others = 1 << 20
	h.flight.Resize(h.flight.Use().Used + others + left)
	h.flight.Force(others)
	rest := int64(others)
	return func(n int64) {
		n = min(n, rest)
		rest -= n
		h.flight.Give(n)
		synctest.Wait()
	}
}

// streams begins streams, each to a client of its own, which reads nothing after the head.
func streams(t *testing.T, h *harness, network *memory, n int) (ids []uint32, clients []*client) {
	for range n {
		c := network.dial()
		c.send(t, get)
		id := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(id, 200, nil), abi.OK)
		c.head(t)
		ids, clients = append(ids, id), append(clients, c)
	}
	synctest.Wait()
	return ids, clients
}

// However many streams have nothing on their way, together they go past the budgets by a small piece each.
func TestStreamsStayNearTheBudgets(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
		ids, clients := streams(t, h, network, 20)
		give := filled(h, 0)
		before := h.flight.Use().Used
		for _, id := range ids {
			h.check("a large piece", h.f.Write(id, repeat("x", 200<<10)), abi.EAGAIN)
			h.check("a piece that is too large", h.f.Write(id, repeat("x", firstPiece+1)), abi.EAGAIN)
			h.check("a small piece", h.f.Write(id, repeat("x", firstPiece)), abi.OK)
			h.check("another", h.f.Write(id, []byte("x")), abi.EAGAIN)
		}
		if more := h.flight.Use().Used - before; more != int64(len(ids)*firstPiece) {
			t.Errorf("%d bytes beyond the budget for %d streams", more, len(ids))
		}
		for _, c := range clients {
			_ = c.Close()
		}
		give(1 << 20)
	})
}

// A guest hears of room as often as there is some, in the order in which it asked, and not before.
func TestRoomInTheBudgetsIsTold(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
		ids, clients := streams(t, h, network, 4)
		give := filled(h, 0)
		piece := repeat("x", 100_000)
		for _, id := range ids {
			h.check("write", h.f.Write(id, piece), abi.EAGAIN)
			h.check("write again", h.f.Write(id, piece), abi.EAGAIN)
		}
		give(99_000)
		h.none()
		_ = clients[0].Close() // it is the first, and gives its turn up
		synctest.Wait()
		h.next(abi.EventHTTPGone)
		for i, id := range ids[1:3] {
			give([]int64{10_000, 100_000}[i])
			if e := h.next(abi.EventHTTPWritable); e.handle != id {
				t.Errorf("%d hears of room, want %d", e.handle, id)
			}
			h.none()
			h.check("write", h.f.Write(id, piece), abi.OK)
		}
		_ = clients[1].Close() // what it had is room, too
		synctest.Wait()
		for range 2 {
			buffer := make([]byte, 100)
			h.box.Recv(buffer)
		}
		h.none()
		h.check("write", h.f.Write(ids[3], piece), abi.OK)
		for _, c := range clients {
			_ = c.Close()
		}
		give(1 << 20)
	})
}

// Those without the key that wait for room hold nobody up that has it.
func TestWhoWaitsForRoomLeavesItToTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFamily(t, func(cfg *httpfn.Config) { cfg.AnswersBytes = 40_000 })
		gone := make(chan struct{})
		var group sync.WaitGroup
		serve := func(keyed bool) uint32 {
			group.Go(func() {
				h.f.Serve(stuck{discard{map[string][]string{}}, gone}, request(t), backend.Inbound{Keyed: keyed})
			})
			return h.next(abi.EventHTTPRequest).handle
		}
		full, stranger, keyed := serve(true), serve(false), serve(true)
		for _, id := range []uint32{full, stranger, keyed} {
			h.check("begin", h.f.Begin(id, 200, nil), abi.OK)
		}
		synctest.Wait()
		give := filled(h, 0)
		h.check("without the key", h.f.Write(stranger, repeat("x", 35_000)), abi.EAGAIN)
		h.check("with it", h.f.Write(keyed, repeat("x", 35_000)), abi.EAGAIN)
		give(36_000)
		if e := h.next(abi.EventHTTPWritable); e.handle != keyed {
			t.Errorf("%d hears of room, want %d", e.handle, keyed)
		}
		h.none()
		close(gone)
		h.tearDown()
		group.Wait()
	})
}

// What a guest was told of and does not come for is told to the next one when the exchange ends, and nobody who has left waits.
func TestWhoEndsLeavesItsRoomToTheNext(t *testing.T) {
	for name, end := range map[string]func(h *harness, id uint32, c *client){
		"the client": func(_ *harness, _ uint32, c *client) { _ = c.Close() },
		"the guest":  func(h *harness, id uint32, _ *client) { h.check("abort", h.f.Abort(id), abi.OK) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
				ids, clients := streams(t, h, network, 3)
				give := filled(h, 0)
				for _, id := range ids {
					h.check("write", h.f.Write(id, repeat("x", 100_000)), abi.EAGAIN)
				}
				give(110_000)
				end(h, ids[0], clients[0])
				synctest.Wait()
				end(h, ids[2], clients[2])
				synctest.Wait()
				told := false
				for buffer := make([]byte, 100); h.box.Waiting(); {
					h.box.Recv(buffer)
					told = told || buffer[0] == byte(abi.EventHTTPWritable&0xff) && buffer[4] == byte(ids[1])
				}
				if !told {
					t.Error("the second does not hear of room")
				}
				if n := h.f.Hungry(); n != 0 {
					t.Errorf("%d wait", n)
				}
				_, _, _ = clients[0].Close(), clients[1].Close(), clients[2].Close()
				give(1 << 20)
			})
		})
	}
}

// A head that reaches its client is no room in the budgets.
func TestAHeadIsNoRoom(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, get)
		id := h.next(abi.EventHTTPRequest).handle
		give := filled(h, 0)
		h.check("begin", h.f.Begin(id, 200, nil), abi.OK)
		synctest.Wait() // the head is on its way
		h.check("write", h.f.Write(id, repeat("x", 100_000)), abi.EAGAIN)
		c.head(t)
		synctest.Wait()
		h.none()
		_ = c.Close()
		give(1 << 20)
	})
}
