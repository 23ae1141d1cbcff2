package api

import (
	"bytes"
	"errors"
	"slices"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// The Responses API over a WebSocket: one connection, many responses. What that means in full:
//
//   - A message asks for a response, and its events come as messages. Requests of one stream, which a stream_id names, are
//     answered one after the other in the order in which they came; those of different streams beside each other.
//   - What is wrong with a request is an event of the type error. The connection goes on.
//   - A response that is not stored can be continued over the same connection as long as it is the newest of its stream.
//   - A client that leaves, or that reads too slowly, ends all that it waits for.
//
// https://developers.openai.com/api/docs/guides/websocket-mode

// socket is a client on a WebSocket.
type socket struct {
	app   *app
	x     *sdk.Exchange
	lanes map[string]*lane // the streams, by name; "" is the one without a name

	queue  []queued    // in the order in which they came
	memory reservation // of the queue
	turns  int         // how many responses are being answered

	advancing bool
	over      bool
	frame     []byte // the message that is being put together
}

// lane is one stream of a connection.
type lane struct {
	id     string
	turn   *socketTurn // what is being answered; nil if nothing is
	newest *kept       // the response that can be continued; nil if there is none
}

// queued is a request that waits for the one before it.
type queued struct {
	lane    *lane
	message []byte
}

// The bounds of one connection.
const (
	// maxSocketTurns is how many responses of a connection may be answered at once, as at OpenAI. More wait.
	maxSocketTurns = 16
	// maxLanes is how many streams with names a connection may have, as at OpenAI.
	maxLanes = 32
	// maxQueued is how many requests of a connection may wait: two for each stream.
	maxQueued = 64
	// maxQueuedBytes is how long they may be together, in bytes. The longest message that the host lets through has room.
	maxQueuedBytes = 16 << 20
)

// connect is GET /v1/responses.
func (a *app) connect(c *call) {
	if a.loop.Stopping() {
		c.refuse(restarting())
		return
	}
	x := c.x
	s := &socket{app: a, x: x, lanes: map[string]*lane{}, memory: a.memory.reserve(0)}
	err := x.Upgrade("", s.message)
	switch {
	case err == nil:
		x.SetSendLimit(sendLimit)
		x.OnGone(s.close)
		a.sockets[s] = struct{}{}
	case errors.Is(err, abi.EPIPE), errors.Is(err, sdk.ErrEnded):
		x.Abort()
	default:
		c.refuse(&openai.Error{
			Status: 426, Type: openai.TypeInvalidRequest, Code: "websocket_upgrade_required",
			Message: "Responses are created with POST /v1/responses, or over a WebSocket: this request did not ask for one.",
		})
	}
}

// message takes a message of the client.
func (s *socket) message(text []byte, binary bool) {
	if s.over {
		return
	}
	a := s.app
	if binary {
		s.tell("", &openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_message", Message: "The message is binary. Messages are JSON texts.",
		})
		return
	}
	defer a.body.Release()
	message, fault := responses.ParseMessage(&a.body, text)
	if fault != nil {
		s.tell("", fault)
		return
	}
	id, fault := responses.StreamID(message)
	if fault != nil {
		s.tell("", fault)
		return
	}
	switch kind, fault := responses.MessageType(message); {
	case fault != nil:
		s.tell(id, fault)
	case kind == responses.MessageCreate:
		s.request(id, message, text)
	}
}

// request begins with a request, or lets it wait.
func (s *socket) request(id string, message jsontext.Value, text []byte) {
	l, fault := s.lane(id)
	switch {
	case fault != nil:
		s.tell(id, fault)
	case s.free(l):
		s.create(l, message)
	case len(s.queue) >= maxQueued, s.memory.bytes+len(text) > maxQueuedBytes, s.app.memory.full():
		s.tell(id, tooMany())
	default:
		s.queue = append(s.queue, queued{l, bytes.Clone(text)})
		s.memory.Resize(s.memory.bytes + len(text))
	}
}

// lane finds a stream, or makes it.
func (s *socket) lane(id string) (*lane, *openai.Error) {
	if l := s.lanes[id]; l != nil {
		return l, nil
	}
	named := len(s.lanes)
	if s.lanes[""] != nil {
		named--
	}
	if id != "" && named >= maxLanes {
		return nil, &openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "websocket_stream_limit_reached", Param: "stream_id",
			Message: "This WebSocket connection has reached its maximum number of distinct stream IDs (32). Reuse an existing " +
				"stream_id or open a new WebSocket connection.",
		}
	}
	l := &lane{id: id}
	s.lanes[id] = l
	return l, nil
}

// free reports whether a request of the stream can begin now. None waits before it then: see advance.
func (s *socket) free(l *lane) bool { return l.turn == nil && s.turns < maxSocketTurns }

// advance begins with what has waited and need not wait any more. When the instance ends, the connection ends with the last
// response.
func (s *socket) advance() {
	if s.advancing || s.over {
		return
	}
	s.advancing = true
	for i := 0; i < len(s.queue); {
		q := s.queue[i]
		if !s.free(q.lane) {
			i++
			continue
		}
		s.queue = slices.Delete(s.queue, i, i+1)
		s.memory.Resize(s.memory.bytes - len(q.message))
		s.resume(q)
	}
	s.advancing = false
	if s.app.loop.Stopping() && s.turns == 0 {
		s.finish()
	}
}

// resume begins with a request that has waited.
func (s *socket) resume(q queued) {
	a := s.app
	defer a.body.Release()
	message, fault := responses.ParseMessage(&a.body, q.message)
	if fault != nil {
		s.tell(q.lane.id, fault)
		return
	}
	s.create(q.lane, message)
}

// close ends a connection whose client has left or has to go. What it waits for is cancelled.
func (s *socket) close() {
	if s.over {
		return
	}
	s.x.Abort()
	s.forget()
	for _, l := range s.lanes {
		if t := l.turn; t != nil {
			t.leave()
			t.p.abandon()
		}
	}
}

// finish ends a connection that has nothing to wait for, after what the client has not read yet.
func (s *socket) finish() {
	s.forget()
	if s.x.End() != nil {
		s.x.Abort()
	}
}

// forget lets go of what is kept for the connection.
func (s *socket) forget() {
	s.over = true
	delete(s.app.sockets, s)
	s.memory.Release()
	s.queue = nil
	for _, l := range s.lanes {
		s.app.contexts.drop(l.newest)
	}
}
