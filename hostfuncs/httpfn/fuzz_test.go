package httpfn_test

import (
	"context"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
)

// linear is a guest's memory.
type linear []byte

func (l linear) Read(offset, n uint32) ([]byte, bool) {
	if uint64(offset)+uint64(n) > uint64(len(l)) {
		return nil, false
	}
	return l[offset : offset+n], true
}

// FuzzGuestCalls makes calls of a guest that passes whatever it likes: function, handle, pointers and lengths come from the input,
// which is also what lies in its memory. No call panics or blocks, and at the end everything is closed and given back.
func FuzzGuestCalls(f *testing.F) {
	call := func(function byte, words ...uint32) []byte {
		input := []byte{function}
		for _, w := range words {
			input = binary.LittleEndian.AppendUint32(input, w)
		}
		return append(input, make([]byte, callWords*4-4*len(words))...)
	}
	text := append([]byte("content-type: text/event-stream\nx-a: 1\n"), make([]byte, 100)...)
	f.Add(append(call(4, 1, 200, 0, 32, 0, 8), call(8, 1)...), text)
	f.Add(append(append(call(5, 1, 200, 0, 32), call(7, 1, 0, 100)...), call(8, 1)...), text)
	f.Add(append(call(6, 2, 0, 0), call(7, 2, 0, 30)...), text)
	f.Add(append(call(1, 1, 0, 0xffffffff, 0, 16), call(2, 2, 0, 1<<20)...), text)
	f.Add(append(call(9, 1), call(10, 2)...), text)
	f.Fuzz(func(t *testing.T, input, memory []byte) {
		synctest.Test(t, func(t *testing.T) {
			h := newFamily(t, func(cfg *httpfn.Config) { cfg.HighWater, cfg.AnswerBytes, cfg.AnswersBytes = 64, 256, 512 })
			served := make(chan backend.Outcome, 2)
			for _, header := range []http.Header{{}, {"Connection": {"upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Protocol": {"a, b"}}} {
				r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/?q", nil)
				r.Header = header
				go func() { served <- h.f.Serve(discard{http.Header{}}, r, backend.Inbound{Body: []byte("body")}) }()
				synctest.Wait()
			}
			guestCalls(h, input, memory)
			time.Sleep(time.Second)
			h.tearDown()
			<-served
			<-served
			synctest.Wait()
			h.nothingInFlight()
		})
	})
}

// callWords is how many words of the stack are given to a call; no function takes more.
const callWords = 6

func guestCalls(h *harness, input, memory []byte) {
	table := httpfn.Plug().Table
	buffer := make([]byte, 1<<10)
	for len(input) > callWords*4 {
		var stack [callWords]uint64
		for i := range stack {
			stack[i] = uint64(binary.LittleEndian.Uint32(input[1+4*i:]))
		}
		call := table.Calls[int(input[0])%len(table.Calls)]
		input = input[1+4*callWords:]
		result := call.Run(h.f, guestmem.Of(linear(memory)), stack[:])
		if result < 0 && abi.FromResult(result) == abi.EFAULT {
			continue
		}
		synctest.Wait()
		h.box.Recv(buffer)
	}
}
