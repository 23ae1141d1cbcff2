package api

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// tell sends an error. The connection goes on.
func (s *socket) tell(id string, fault *openai.Error) {
	s.frame = responses.AppendErrorEvent(s.frame[:0], fault, id)
	s.send(s.frame)
}

// sendEvents sends the events of a stream. It reports whether the client is still there.
func (s *socket) sendEvents(id string, events []byte) bool {
	for message := range openai.Data(events) {
		if id != "" {
			s.frame = responses.AppendMessage(s.frame[:0], message, id)
			message = s.frame
		}
		if !s.send(message) {
			return false
		}
	}
	return !s.over
}

// send sends a message. It reports whether the client is still there.
func (s *socket) send(message []byte) bool {
	if s.over {
		return false
	}
	err := s.x.Send(message)
	if cap(s.frame) > keepBytes {
		s.frame = nil
	}
	if err == nil {
		return true
	}
	if !errors.Is(err, abi.EPIPE) && !errors.Is(err, sdk.ErrEnded) {
		s.app.log.Warn("connection cut", "request_id", s.x.RequestID, "error", err)
	}
	s.close()
	return false
}
