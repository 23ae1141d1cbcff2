package httpfn

import (
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"innkeeper/runtime/front/backend"
)

// webSocket is the half of an exchange that became one: what the guest's calls and the goroutine in Serve share of it. It is
// guarded by the exchange's mutex. Its methods are safe on nil: most exchanges are none.
type webSocket struct {
	protocol string      // the subprotocol chosen
	ends     []int       // where each message that waits ends
	client   *client     // nil before the handshake
	cutting  *time.Timer // ends whatever the client's connection does; nil unless the exchange is torn
}

// mute ends the wait of a message for the guest, and lets no other come.
func (ws *webSocket) mute() {
	if ws != nil && ws.client != nil {
		ws.client.mute()
	}
}

// leave is what Serve does when it leaves the exchange.
func (ws *webSocket) leave() {
	if ws == nil {
		return
	}
	if ws.cutting != nil {
		ws.cutting.Stop()
	}
	ws.ends = nil
}

// cutSoon lets a write go on that waits for the client, after the moment that a close frame may take.
func (ws *webSocket) cutSoon() {
	if client := ws.client; client != nil {
		ws.cutting = time.AfterFunc(dropGrace, client.cancel)
	}
}

// wantsSocket reports whether the request asks for a WebSocket, with that subprotocol among those it offers if one is named.
func wantsSocket(r *http.Request, protocol []byte) bool {
	return r.Method == http.MethodGet && hasToken(r.Header, "Connection", []byte("upgrade")) &&
		hasToken(r.Header, "Upgrade", []byte("websocket")) &&
		(len(protocol) == 0 || hasToken(r.Header, "Sec-Websocket-Protocol", protocol))
}

// hasToken looks for one of the comma-separated values of a header, without regard to case. A token that is as long as none of them
// is not copied: a guest may name one as long as its memory.
func hasToken(h http.Header, name string, token []byte) bool {
	for _, line := range h[name] {
		for value := range strings.SplitSeq(line, ",") {
			value = strings.TrimSpace(value)
			if len(value) == len(token) && strings.EqualFold(value, string(token)) {
				return true
			}
		}
	}
	return false
}

// messages opens the socket if that is still to be done, and sends what waits, a message for each piece.
func (r *responder) messages(j job) (outcome backend.Outcome, over bool) {
	if j.begin && !r.open(j.ws.protocol) {
		return backend.Answered, true // the library has answered with what is wrong
	}
	var err error
	start := 0
	r.client.busy.Add(1)
	defer r.client.busy.Add(-1)
	for _, end := range j.ends {
		if err == nil {
			// The connection's own deadline ends a write to a client that takes nothing.
			err = r.client.conn.Write(r.client.ctx, websocket.MessageText, j.data.data[start:end])
		}
		start = end
	}
	r.ex.landed()
	r.ex.f.putBuffer(j.data)
	if err == nil && j.state == stateEnded {
		_ = r.client.conn.Close(r.ex.f.endCode(), "") // waits a moment for the client's side
	}
	return backend.Answered, err != nil || j.state == stateEnded
}

// endCode is how a socket closes that the guest has ended: normally, or, while the instance drains, so that a client knows to
// come back. https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
func (f *Family) endCode() websocket.StatusCode {
	if f.draining.Load() {
		return websocket.StatusServiceRestart
	}
	return websocket.StatusNormalClosure
}

// open does the handshake and starts to read from the client.
func (r *responder) open(protocol string) bool {
	client, err := shakeHands(r.w, r.r, protocol, int64(r.ex.f.cfg.MessageBytes))
	if err != nil {
		return false
	}
	r.client = client
	r.ex.opened(client)
	client.start(r.ex.f, r.ex.id, r.ex.keyed)
	return true
}

// opened notes the client of a socket.
func (ex *exchange) opened(c *client) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.ws.client = c
	if ex.closed {
		c.mute()
	}
	if ex.state == stateTorn {
		ex.ws.cutSoon()
	}
}
