package sdk

import (
	"encoding/binary"
	"time"

	"innkeeper/adapters/abi"
)

// dispatch hands one event to whom it concerns. Kinds that this SDK does not know, and handles that were closed
// meanwhile, are passed over.
func (l *Loop) dispatch(event []byte) {
	if len(event) < abi.EventHeaderSize {
		return
	}
	kind := abi.EventKind(binary.LittleEndian.Uint32(event))
	handle := binary.LittleEndian.Uint32(event[4:])
	payload := event[abi.EventHeaderSize:]
	switch family := kind >> 8; {
	case family == httpEvents && l.onHTTP != nil:
		l.onHTTP(kind, handle, payload)
	case family == agentEvents && l.onAgent != nil:
		l.onAgent(kind, handle, payload)
	case kind == abi.EventShutdown:
		l.shutdown(payload)
	case kind == abi.EventPredecessorEnded && l.onPredecessorEnded != nil:
		p := abi.ReadPayload(payload)
		l.onPredecessorEnded(p.U64())
	case kind == abi.EventSettingsChanged && l.onSettings != nil:
		l.onSettings()
	}
}

// The upper bits of an event's kind say which family it belongs to.
const (
	httpEvents  = abi.EventHTTPRequest >> 8
	agentEvents = abi.EventAgentText >> 8
)

func (l *Loop) shutdown(payload []byte) {
	if l.stopping {
		return
	}
	l.stopping = true
	if l.onShutdown == nil {
		return
	}
	p := abi.ReadPayload(payload)
	drain := time.Duration(p.U32()) * time.Millisecond
	l.onShutdown(Shutdown{Reason: p.String(), Drain: drain})
}
