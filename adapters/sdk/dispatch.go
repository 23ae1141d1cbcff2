package sdk

import (
	"time"

	"innkeeper/adapters/abi"
)

// dispatch hands one event to whom it concerns. Kinds that this SDK does not know, and handles that were closed
// meanwhile, are passed over.
func (l *Loop) dispatch(event []byte) {
	kind, handle, payload, ok := abi.CutEvent(event)
	if !ok {
		return
	}
	switch family := kind >> 8; {
	case family == httpEvents && l.onHTTP != nil:
		l.onHTTP(kind, handle, payload)
	case family == agentEvents && l.onAgent != nil:
		l.onAgent(kind, handle, payload)
	case kind == abi.EventShutdown:
		l.shutdown(payload)
	case kind == abi.EventPredecessorEnded && l.onPredecessorEnded != nil:
		var ended abi.PredecessorEnded
		if ended.Read(payload) {
			l.onPredecessorEnded(ended.Generation)
		}
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
	l.stopping = true
	if l.onShutdown == nil {
		return
	}
	var ask abi.Shutdown
	_ = ask.Read(payload) // whatever it says beside, the guest is to end
	l.onShutdown(Shutdown{Reason: ask.Reason, Drain: time.Duration(ask.DrainMS) * time.Millisecond})
}
