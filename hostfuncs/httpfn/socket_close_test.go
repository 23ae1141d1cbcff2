package httpfn_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
)

// The first bytes of the frames that the tests send. https://www.rfc-editor.org/rfc/rfc6455#section-5.2
const (
	opText      = 0x81
	opTextBegin = 0x01 // more fragments follow
	opClose     = 0x88
	opPing      = 0x89
)

// libraryWait is less than the 5 s for which the WebSocket library waits for a client's close frame.
const libraryWait = 4 * time.Second

// rawSocket opens a WebSocket whose client answers nothing by itself.
func (h *harness) rawSocket() (*client, uint32) {
	h.t.Helper()
	c, id := h.call(handshake)
	h.upgrade(c, id)
	return c, id
}

const handshake = "GET / HTTP/1.1\r\nHost: inn\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func (h *harness) upgrade(c *client, id uint32) {
	h.t.Helper()
	h.check("upgrade", h.f.Upgrade(id, nil), abi.OK)
	if head := c.head(h.t); head.StatusCode != http.StatusSwitchingProtocols {
		h.t.Fatalf("status %d", head.StatusCode)
	}
}

// frame sends one frame, masked with zeros.
func (c *client) frame(t testing.TB, op byte, payload string) {
	t.Helper()
	head := []byte{op, 0x80 | 126}
	head = binary.BigEndian.AppendUint16(head, uint16(len(payload)))
	if op >= opClose { // control frames have the short form of a length
		head = []byte{op, 0x80 | byte(len(payload))}
	}
	c.send(t, string(append(head, 0, 0, 0, 0))+payload)
}

// ends reads until the connection is closed.
func (c *client) ends(t testing.TB, within time.Duration) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, c.in); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

func TestAbortedSocketDoesNotWaitForItsClient(t *testing.T) {
	h := newHarness(t, nil)
	c, id := h.rawSocket()
	h.check("abort", h.f.Abort(id), abi.OK)
	c.ends(t, libraryWait)
}

// The reader waits for the guest, so nothing reads from the client, which says nothing anyway.
func TestTeardownDoesNotWaitForASocketsClient(t *testing.T) {
	h := newHarness(t, nil)
	c, _ := h.rawSocket()
	for range 3 { // the first waits in the mailbox, and the second finds no room there
		c.frame(t, opText, string(repeat("x", 1<<10)))
	}
	if ok, err := h.box.Wait(t.Context(), -1); !ok {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), libraryWait)
	defer cancel()
	if err := h.ledger.CloseAll(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestNoMessageComesAfterTheGuestClosedASocket(t *testing.T) {
	h := newHarness(t, nil)
	c, id := h.rawSocket()
	for range 3 { // the first waits in the mailbox, and the second is let in when the first is dropped
		c.frame(t, opText, string(repeat("x", 1<<10)))
	}
	if ok, err := h.box.Wait(t.Context(), -1); !ok {
		t.Fatal(err)
	}
	h.check("end", h.f.End(id), abi.OK)
	c.frame(t, opClose, "\x03\xe8")
	c.ends(t, libraryWait)
	h.none()
}

// A client may take as long as it likes over a message in fragments, so what is there of it counts.
func TestLargeMessagesAtOnceAreBounded(t *testing.T) {
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.MessageBytes, cfg.MessagesBytes = 4<<10, 1 })
	slow, _ := h.rawSocket()
	slow.frame(t, opTextBegin, string(repeat("x", 3<<10)))
	slow.frame(t, opPing, "")
	if _, err := io.ReadFull(slow.in, make([]byte, 2)); err != nil { // the pong: all before it was read
		t.Fatal(err)
	}
	conn, id := h.openSocket("")
	if err := conn.Write(t.Context(), websocket.MessageText, repeat("x", 3<<10)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
		t.Errorf("read: %v", err)
	}
	if gone := h.next(abi.EventHTTPGone); gone.handle != id {
		t.Errorf("%d is gone, want %d", gone.handle, id)
	}
}

// Each takes a moment to tell its client, and they take it together.
func TestSocketsOfATeardownAreCutTogether(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
		const sockets = 20
		for range sockets {
			c := network.dial()
			c.send(t, handshake)
			h.upgrade(c, h.next(abi.EventHTTPRequest).handle)
		}
		start := time.Now()
		h.tearDown()
		if took := time.Since(start); took > time.Second {
			t.Errorf("%d sockets whose clients do not read took %v", sockets, took)
		}
	})
}
