package httpfn_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
)

// openSocket opens a WebSocket while the guest's side upgrades it.
func (h *harness) openSocket(protocol string, offered ...string) (*websocket.Conn, uint32) {
	h.t.Helper()
	type dialled struct {
		conn *websocket.Conn
		err  error
	}
	result := make(chan dialled, 1)
	go func() {
		conn, _, err := websocket.Dial(h.t.Context(), h.server.URL, &websocket.DialOptions{Subprotocols: offered})
		result <- dialled{conn, err}
	}()
	id := h.nextRequest()
	if r := h.f.Upgrade(id, []byte(protocol)); r != 0 {
		h.t.Fatalf("upgrade: %v", abi.FromResult(r))
	}
	d := <-result
	if d.err != nil {
		h.t.Fatalf("dial: %v", d.err)
	}
	h.t.Cleanup(func() { _ = d.conn.CloseNow() })
	return d.conn, id
}

// nextRequest waits for the next request and gives its handle.
func (h *harness) nextRequest() uint32 {
	h.t.Helper()
	kind, id, _ := h.nextEvent()
	if kind != abi.EventHTTPRequest {
		h.t.Fatalf("event %#x, want a request", kind)
	}
	return id
}

func (h *harness) nextEvent() (abi.EventKind, uint32, []byte) {
	h.t.Helper()
	if ok, err := h.box.Wait(h.t.Context(), 20*time.Second); !ok {
		h.t.Fatalf("no event: %v", err)
	}
	b := make([]byte, 1<<16)
	n, _ := h.box.Recv(b)
	return abi.EventKind(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:]), b[8:n]
}

func read(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	kind, data, err := conn.Read(t.Context())
	if err != nil || kind != websocket.MessageText {
		t.Fatalf("read: %v %v", kind, err)
	}
	return string(data)
}

func TestSocketCarriesMessagesBothWays(t *testing.T) {
	h := newHarness(t, nil)
	conn, id := h.openSocket("chat", "other", "chat")
	if conn.Subprotocol() != "chat" {
		t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	for _, text := range []string{"one", "two"} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two"} {
		kind, handle, payload := h.nextEvent()
		var head abi.HTTPMessage
		text, ok := head.Read(payload)
		if kind != abi.EventHTTPMessage || handle != id || head.Type != abi.MessageText || string(text) != want || !ok {
			t.Errorf("event %#x handle %d type %d text %q, want %q", kind, handle, head.Type, text, want)
		}
	}
	for _, text := range []string{"a", "bc", "def"} { // written at once: they must stay three messages
		if r := h.f.Write(id, []byte(text)); r != 0 {
			t.Fatalf("write: %v", abi.FromResult(r))
		}
	}
	for _, want := range []string{"a", "bc", "def"} {
		if got := read(t, conn); got != want {
			t.Errorf("message %q, want %q", got, want)
		}
	}
	if r := h.f.Write(id, []byte{0xff}); r != abi.EINVAL.Result() {
		t.Errorf("write of no UTF-8: %d", r)
	}
	if r := h.f.End(id); r != 0 {
		t.Fatalf("end: %v", abi.FromResult(r))
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("after end: %v", err)
	}
}

// A client that is told 1000 does not come back; while the instance drains it should.
func TestSocketEndedWhileTheInstanceDrains(t *testing.T) {
	h := newHarness(t, nil)
	conn, id := h.openSocket("")
	h.f.Drain()
	if r := h.f.End(id); r != 0 {
		t.Fatalf("end: %v", abi.FromResult(r))
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusServiceRestart {
		t.Errorf("after end: %v", err)
	}
}

func TestSocketClientCloses(t *testing.T) {
	h := newHarness(t, nil)
	conn, id := h.openSocket("")
	if err := conn.Close(websocket.StatusNormalClosure, "enough"); err != nil {
		t.Fatal(err)
	}
	if kind, handle, _ := h.nextEvent(); kind != abi.EventHTTPGone || handle != id {
		t.Errorf("event %#x for %d, want gone for %d", kind, handle, id)
	}
	if r := h.f.Write(id, []byte("late")); r != abi.EPIPE.Result() {
		t.Errorf("write to a closed socket: %d", r)
	}
	if r := h.f.End(id); r != abi.EPIPE.Result() || h.ledger.Open() != 0 {
		t.Errorf("end %d, %d handles open", r, h.ledger.Open())
	}
}

func TestSocketIsClosedWithTheInstance(t *testing.T) {
	h := newHarness(t, nil)
	conn, _ := h.openSocket("")
	if err := h.ledger.CloseAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusServiceRestart {
		t.Errorf("read after the teardown: %v", err)
	}
}

func TestSocketMessageOverTheLimit(t *testing.T) {
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.MessageBytes = 100 })
	conn, id := h.openSocket("")
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("x", 200))); err != nil {
		t.Fatal(err)
	}
	if kind, handle, _ := h.nextEvent(); kind != abi.EventHTTPGone || handle != id {
		t.Errorf("event %#x, want gone", kind)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("read: %v", err)
	}
}

func TestUpgradeOfAPlainRequestIsRefused(t *testing.T) {
	h := newHarness(t, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		resp, err := h.server.Client().Get(h.server.URL)
		if err != nil {
			t.Errorf("get: %v", err)
			return
		}
		resp.Body.Close()
		// https://www.rfc-editor.org/rfc/rfc9110#name-426-upgrade-required
		if up, conn := resp.Header.Get("Upgrade"), resp.Header.Get("Connection"); resp.StatusCode != 426 || up != "websocket" || conn != "Upgrade" {
			t.Errorf("status %d, upgrade %q, connection %q", resp.StatusCode, up, conn)
		}
	}()
	id := h.nextRequest()
	if r := h.f.Upgrade(id, nil); r != abi.EINVAL.Result() {
		t.Errorf("upgrade: %d", r)
	}
	h.f.Respond(id, 426, nil, nil)
	<-done
	if r := h.f.Upgrade(id, nil); r != abi.EBADF.Result() {
		t.Errorf("upgrade of a closed handle: %d", r)
	}
}

// A client that is gone without a word is found out by a ping that stays unanswered.
func TestSilentSocketClientIsFoundOut(t *testing.T) {
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.KeepAlive = 20 * time.Millisecond })
	_, id := h.openSocket("") // nobody reads this side, so no ping is answered
	if kind, handle, _ := h.nextEvent(); kind != abi.EventHTTPGone || handle != id {
		t.Errorf("event %#x, want gone", kind)
	}
}
