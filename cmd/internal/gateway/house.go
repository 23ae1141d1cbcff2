package gateway

import (
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
)

// house is what all slots share.
type house struct {
	memory      *budget.Budget // linear memory of guests, in bytes
	flight      *budget.Budget // heads, bodies, events and answers that wait, in bytes
	descriptors *budget.Budget // of sockets, connections and databases
	open        int            // descriptors that the process had before there were slots
}

func newHouse(conf *config.Config) *house {
	h := &house{
		memory: budget.New(conf.Limits.Memory), flight: budget.New(conf.Limits.BytesInFlight), descriptors: budget.New(0), open: openNow(),
	}
	h.divide(planDescriptors(conf, h.open))
	return h
}

// resize puts the limits of another configuration in force. What was taken stays taken: whoever asks next finds less or more.
func (h *house) resize(conf *config.Config) {
	h.memory.Resize(conf.Limits.Memory)
	h.flight.Resize(conf.Limits.BytesInFlight)
	h.divide(planDescriptors(conf, h.open))
}
