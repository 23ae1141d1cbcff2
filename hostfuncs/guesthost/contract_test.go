package guesthost_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// play is one scenario in one world: what the guest does, and a transcript of what it gets.
type play struct {
	t     *testing.T
	world world
	abi.Host
	lines  []string
	handle uint32 // of the last exchange or turn
}

func (p *play) note(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// result notes what a host function gave.
func (p *play) result(call string, result int32) {
	if result < 0 {
		p.note("%s: %v", call, abi.Errno(-result))
		return
	}
	p.note("%s: %d", call, result)
}

// sized notes the answer of a host function that writes into a buffer, and what it does to one that is too small.
func (p *play) sized(call string, f func([]byte) int32) {
	size := f(nil)
	buffer := make([]byte, max(size, 0))
	p.result(call, size)
	if size > 0 && f(buffer[:size-1]) == size && f(buffer) == size {
		p.note("%s: %q", call, buffer)
	}
}

// event waits for the next event and notes it. A new exchange becomes the handle.
func (p *play) event() {
	p.t.Helper()
	buffer := make([]byte, 4096)
	if p.Event.Wait(int64(10*time.Second)) != 1 {
		p.t.Fatal("no event came")
	}
	if size := p.Event.Recv(buffer[:1]); size > 1 {
		p.note("event of %d bytes", size)
	}
	event := buffer[:p.Event.Recv(buffer)]
	kind, handle := abi.EventKind(binary.LittleEndian.Uint32(event)), binary.LittleEndian.Uint32(event[4:])
	if kind == abi.EventHTTPRequest {
		p.handle = handle
	}
	p.note("event %#04x of the handle: %t, payload %q", uint32(kind), handle == p.handle, event[abi.EventHeaderSize:])
}

// none notes that the mailbox is empty.
func (p *play) none() {
	p.result("wait", p.Event.Wait(0))
	p.result("recv", p.Event.Recv(make([]byte, 4096)))
}

// request brings a request and fetches its event.
func (p *play) request(r sdktest.Request) visit {
	if r.Method == "" {
		r.Method = "GET"
	}
	v := p.world.bring(r)
	p.event()
	return v
}

func (p *play) start(request string) {
	result := p.Agent.Start([]byte(request))
	if result <= 0 {
		p.t.Fatalf("start: %d", result)
	}
	p.handle = uint32(result)
}

// The fake host of sdktest does what the host's own families do, call by call, or an adapter's tests would show what is not so.
func TestTheFakeHostKeepsTheContract(t *testing.T) {
	for name, scenario := range scenarios() {
		t.Run(name, func(t *testing.T) {
			transcript := func(w world) []string {
				p := &play{t: t, world: w, Host: w.host()}
				scenario(p)
				return p.lines
			}
			got, want := transcript(newFake(t)), transcript(newReal(t))
			for i := range max(len(got), len(want)) {
				if fake, real := line(got, i), line(want, i); fake != real {
					t.Errorf("call %d\nsdktest:  %s\nthe host: %s", i, fake, real)
				}
			}
		})
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

func scenarios() map[string]func(*play) {
	return map[string]func(*play){
		"lifecycle": playLifecycle, "settings": playSettings, "predecessor": playPredecessor, "no handle": playNoHandle,
		"a request": playRequest, "what respond refuses": playRefusals, "header blocks": playHeaderBlocks,
		"a stream": playStream, "the order of a stream": playOrder, "no body": playSilence, "a slow client": playSlowClient,
		"a client leaves": playLeave, "a client leaves a stream": playLeaveStream, "closed with the event on its way": playDroppedEvents,
		"abort": playAbort, "no WebSocket": playNoWebSocket,
		"a turn": playTurn, "a turn that fails": playFailure, "cancel": playCancel, "cancel at the end": playCancelAtTheEnd,
	}
}

func playLifecycle(p *play) {
	p.result("ready", p.Lifecycle.Ready())
	p.result("ready again", p.Lifecycle.Ready())
	p.sized("info", p.Lifecycle.Info)
	p.result("fail", p.Lifecycle.Fail([]byte("code"), 1, []byte("message")))
	p.result("log", p.Log.Write(0, []byte("message"), nil))
	p.none()
}

func playSettings(p *play) {
	p.sized("read", p.Config.Read)
	for _, name := range []string{"token", "other", "none"} {
		p.result("has "+name, p.Config.HasSecret([]byte(name)))
	}
	p.world.changeSettings(`{}`)
	p.event()
	p.sized("read again", p.Config.Read)
}

func playPredecessor(p *play) {
	v := p.request(sdktest.Request{})
	p.result("pass", p.HTTP.Pass(p.handle))
	p.note("%s", v.answer())
	p.result("pass again", p.HTTP.Pass(p.handle))
	v = p.request(sdktest.Request{})
	p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
	p.result("pass after begin", p.HTTP.Pass(p.handle))
	p.result("end", p.HTTP.End(p.handle))
	p.note("%s", v.answer())
	v = p.request(sdktest.Request{})
	v.leave()
	p.event()
	p.result("pass for a client that left", p.HTTP.Pass(p.handle))
	p.world.endPredecessor()
	p.handle = 0
	p.event()
	p.sized("info", p.Lifecycle.Info)
	v = p.request(sdktest.Request{})
	p.result("pass to nobody", p.HTTP.Pass(p.handle))
	p.result("respond", p.HTTP.Respond(p.handle, 200, nil, nil))
	p.note("%s", v.answer())
}
