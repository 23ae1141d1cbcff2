package sdk

import (
	"encoding/binary"

	"innkeeper/adapters/abi"
)

// routes is who answers which request.
type routes struct {
	byIndex []func(*Exchange)
	rest    func(*Exchange)
}

// HandleHTTP sets the callback for requests of routes that have none of their own; for most adapters, all requests. Without it such
// requests are answered with 404.
func (l *Loop) HandleHTTP(f func(*Exchange)) {
	l.onHTTP = l.httpEvent
	l.routes.rest = f
}

// HandleRoute sets the callback for one [[http.routes]] entry of the manifest, by its index; the first is 0.
func (l *Loop) HandleRoute(index int, f func(*Exchange)) {
	l.onHTTP = l.httpEvent
	for len(l.routes.byIndex) <= index {
		l.routes.byIndex = append(l.routes.byIndex, nil)
	}
	l.routes.byIndex[index] = f
}

func (l *Loop) httpEvent(kind abi.EventKind, handle uint32, payload []byte) {
	if kind == abi.EventHTTPRequest {
		l.request(handle, payload)
		return
	}
	x := l.exchanges.get(handle)
	switch {
	case x == nil:
	case kind == abi.EventHTTPGone:
		x.left()
	case kind == abi.EventHTTPWritable:
		x.writable()
	case kind == abi.EventHTTPMessage && x.onMessage != nil:
		p := abi.ReadPayload(payload)
		kind := p.U32()
		x.onMessage(p.Rest(), kind == abi.MessageBinary)
	}
}

// request opens an exchange and calls its handler.
func (l *Loop) request(handle uint32, payload []byte) {
	x := &Exchange{loop: l, handle: handle}
	l.exchanges.put(handle, x)
	if !x.Request.read(payload) {
		x.Abort()
		return
	}
	handler := l.routes.rest
	if x.Route < len(l.routes.byIndex) && l.routes.byIndex[x.Route] != nil {
		handler = l.routes.byIndex[x.Route]
	}
	if handler == nil {
		_ = x.RespondText(404, "not found\n") // the client may have left; then there is nobody to tell
		return
	}
	handler(x)
}

// read takes the request apart. All of its strings share one copy of the payload.
func (r *Request) read(payload []byte) bool {
	p := abi.ReadPayload(payload)
	r.Route, r.BodySize = int(p.U32()), int(p.U32())
	text, ok := string(p.Rest()), true
	for _, field := range [...]*string{&r.Method, &r.Path, &r.Query, &r.RequestID} {
		if *field, text, ok = cutString(text); !ok {
			return false
		}
	}
	return !p.Bad
}

// cutString takes the first string off a payload: u32 length, then the bytes.
func cutString(payload string) (field, rest string, ok bool) {
	if len(payload) < 4 {
		return "", "", false
	}
	n := binary.LittleEndian.Uint32(view(payload[:4]))
	payload = payload[4:]
	if uint64(n) > uint64(len(payload)) {
		return "", "", false
	}
	return payload[:n], payload[n:], true
}
