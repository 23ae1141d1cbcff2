package api

import (
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// socketTurn is a client on a WebSocket that waits for one response.
type socketTurn struct {
	s        *socket
	lane     *lane
	p        *response
	previous string // the response that it continues; "" if it continues none

	unstored bool   // the store will not have the response
	context  []byte // then the conversation up to the answer
	memory   reservation

	silence *sdk.Timer // begins the events of an agent that says nothing
}

var (
	_ asker       = (*socketTurn)(nil)
	_ replay.Sink = (*socketTurn)(nil)
)

// create begins with a request whose stream is free.
func (s *socket) create(l *lane, message jsontext.Value) {
	a := s.app
	if fault := a.admit(); fault != nil {
		s.tell(l.id, fault)
		return
	}
	r, warmup, fault := responses.DecodeCreate(message)
	if fault != nil {
		s.fail(l, r.PreviousID, fault)
		return
	}
	conversation, fault := s.conversation(&r, warmup)
	switch {
	case fault != nil && fault.Status == 500: // the database's fault, not the request's
		s.tell(l.id, fault)
		return
	case fault != nil:
		s.fail(l, r.PreviousID, fault)
		return
	}
	t := s.newTurn(l, &r, conversation)
	if warmup {
		t.warm(&r, conversation)
		return
	}
	if fault := t.p.start(&r, conversation); fault != nil {
		t.leave()
		s.fail(l, r.PreviousID, fault)
		return
	}
	t.silence = a.loop.After(a.settings.keepalive, t.p.begin)
}

// newTurn takes the stream.
func (s *socket) newTurn(l *lane, r *responses.Request, conversation []byte) *socketTurn {
	a := s.app
	t := &socketTurn{s: s, lane: l, p: a.newResponse(r), previous: r.PreviousID}
	if !r.Store || a.settings.kept.Responses == 0 {
		t.unstored, t.context, t.memory = true, conversation, a.memory.reserve(len(conversation))
	}
	l.turn = t
	s.turns++
	t.p.asker = t
	t.p.makeEvents()
	t.p.log.Read(t, 0)
	return t
}

// warm answers a request whose answer is not wanted, but whose input is to be continued.
func (t *socketTurn) warm(r *responses.Request, conversation []byte) {
	t.p.remember(r, conversation)
	t.p.close(func() { t.p.answer.Skip(time.Now().Unix()) })
}

// conversation is app.conversation, with what the connection remembers. That of a warm-up may be empty.
func (s *socket) conversation(r *responses.Request, warmup bool) (messages []byte, fault *openai.Error) {
	if k := s.recall(r.PreviousID); k != nil {
		messages = append(make([]byte, 0, len(k.text)+1024), k.text...)
	} else if messages, fault = s.app.history(r); fault != nil {
		return nil, fault
	}
	if warmup && !r.HasInput() && len(messages) == 0 { // nothing but settings
		return nil, nil
	}
	return r.AppendMessages(messages, s.app.resolve)
}

// recall is the newest response of one of the streams, if it is kept and has that id.
func (s *socket) recall(id string) *kept {
	for _, l := range s.lanes {
		if k := l.newest; k.is(id) {
			s.app.contexts.use(k)
			return k
		}
	}
	return nil
}

// fail tells what is wrong with a request.
func (s *socket) fail(l *lane, previous string, fault *openai.Error) {
	if fault.Code == codeNoPrevious {
		fault.Status = 400 // so the guide says, although it is 404 over HTTP
	}
	s.disown(l, previous, fault)
	s.tell(l.id, fault)
}

// disown forgets the response that a failed request wanted to continue, as the guide says, unless the request is to be sent
// again as it is.
func (s *socket) disown(l *lane, previous string, fault *openai.Error) {
	if l.newest.is(previous) && (fault == nil || fault.Status != 429 && fault.Status != 503) {
		s.app.contexts.drop(l.newest)
		l.newest = nil
	}
}

// Write implements replay.Sink. A connection that takes nothing now keeps the messages until it does.
func (t *socketTurn) Write(events []byte, _ bool) error {
	t.silence.Stop()
	if !t.s.sendEvents(t.lane.id, events) {
		return abi.EPIPE
	}
	return nil
}

// Abort implements replay.Sink.
func (t *socketTurn) Abort() { t.s.close() }

// refused implements asker.
func (t *socketTurn) refused(fault *openai.Error) {
	t.leave()
	t.s.fail(t.lane, t.previous, fault)
	t.s.advance()
}

// ended implements asker. The events were sent already, if the client did not leave at that.
func (t *socketTurn) ended(p *response) {
	if t.s.over {
		return
	}
	t.leave()
	switch p.answer.Status() {
	case responses.Failed:
		t.s.disown(t.lane, t.previous, nil)
	default:
		t.s.app.contexts.drop(t.lane.newest)
		t.lane.newest = nil
		if t.unstored {
			t.lane.newest = t.s.app.contexts.keep(p.id, p.answer.AppendMessages(t.context))
		}
	}
	t.s.advance()
}

// leave gives the stream to the next request.
func (t *socketTurn) leave() {
	t.silence.Stop()
	t.memory.Release()
	t.lane.turn = nil
	t.s.turns--
}
