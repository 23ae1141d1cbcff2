package sdk

import "innkeeper/adapters/abi"

// HandleHTTP sets the callback for requests of routes that have none of their own; for most adapters, all requests.
func (l *Loop) HandleHTTP(f func(*Exchange)) {
	l.onHTTP = l.httpEvent
	l.routes.rest = f
}

// HandleRoute sets the callback for the route of that name in the manifest. After setup every handler must have its route and
// every route its handler, or the adapter fails.
func (l *Loop) HandleRoute(name string, f func(*Exchange)) {
	l.onHTTP, l.checkRoutes = l.httpEvent, l.compareRoutes
	if l.routes.byName == nil {
		l.routes.byName = map[string]func(*Exchange){}
	}
	l.routes.byName[name] = f
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
		var head abi.HTTPMessage
		if message, whole := head.Read(payload); whole {
			x.onMessage(message, head.Type == abi.MessageBinary)
		}
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
	handler := l.routes.byName[x.Route]
	if handler == nil {
		handler = l.routes.rest
	}
	if handler == nil {
		// Only where the host does not name its routes. The client may have left; then there is nobody to tell.
		_ = x.RespondText(501, "the adapter has no handler for the route "+x.Route+"\n")
		return
	}
	handler(x)
}

// read takes the request apart. It reports whether it is one.
func (r *Request) read(payload []byte) bool {
	var event abi.HTTPRequest
	whole := event.Read(payload)
	*r = Request{
		Route: event.Route, Method: event.Method, Path: event.Path, Query: event.Query, RequestID: event.RequestID,
		BodySize: int(event.BodySize), values: event.Values,
	}
	return whole && event.Method != ""
}
