package gateway

import (
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
)

// house is what all slots share.
type house struct {
	memory      *budget.Budget // linear memory of guests, in bytes
	flight      *budget.Budget // heads, bodies, events and answers that wait, in bytes
	descriptors *budget.Budget // open descriptors of the process
}

func newHouse(conf config.HostLimits) *house {
	h := &house{
		memory: budget.New(conf.Memory), flight: budget.New(conf.BytesInFlight), descriptors: budget.New(int64(conf.Descriptors)),
	}
	h.resize(conf)
	return h
}

// resize puts other limits in force. What was taken stays taken: whoever asks next finds less or more.
func (h *house) resize(conf config.HostLimits) {
	h.memory.Resize(conf.Memory)
	h.flight.Resize(conf.BytesInFlight)
	h.flight.Reserve(conf.BytesInFlight / limits.KeyedShare)
	h.descriptors.Resize(int64(conf.Descriptors))
}
