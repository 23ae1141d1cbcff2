package sdktest

import (
	"time"

	"innkeeper/adapters/abi"
)

type lifecycleFamily struct{ h *Host }

func (f lifecycleFamily) Ready() int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	select {
	case <-f.h.ready:
		return abi.EEXIST.Result()
	default:
		close(f.h.ready)
		return 0
	}
}

func (f lifecycleFamily) Fail(code []byte, retryable uint32, message []byte) int32 {
	f.h.locked(func() {
		f.h.failure = &Failure{Code: string(code), Message: string(message), Retryable: retryable != 0}
	})
	return 0
}

func (f lifecycleFamily) Info(buffer []byte) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	info := abi.LifecycleInfo{
		Adapter: "test", Generation: f.h.predecessor + 1, HostVersion: "test", DrainMS: 1000, MaxBodyBytes: 1 << 20,
	}
	if f.h.predecessorLives {
		info.Predecessor = f.h.predecessor
	}
	return answer(buffer, info.Append(nil))
}

type eventFamily struct{ h *Host }

func (f eventFamily) Wait(timeoutNs int64) int32 { return f.h.mailbox.wait(time.Duration(timeoutNs)) }

// Recv ends the life of a turn with the event that ends the turn.
func (f eventFamily) Recv(buffer []byte) int32 {
	size := f.h.mailbox.receive(buffer)
	if size < abi.EventHeaderSize || int(size) > len(buffer) {
		return size
	}
	if kind, handle, _, _ := abi.CutEvent(buffer); kind.Last() {
		f.h.locked(func() { delete(f.h.turns, handle) })
	}
	return size
}

type configFamily struct{ h *Host }

func (f configFamily) Read(buffer []byte) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	return answer(buffer, f.h.settings)
}

func (f configFamily) HasSecret(name []byte) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	set, declared := f.h.secrets[string(name)]
	switch {
	case !declared:
		return abi.ENOENT.Result()
	case set:
		return 1
	}
	return 0
}

type logFamily struct{ h *Host }

func (f logFamily) Write(level int32, message, attributes []byte) int32 {
	f.h.locked(func() {
		f.h.records = append(f.h.records, Record{Level: level, Message: string(message), Attributes: string(attributes)})
	})
	return 0
}
