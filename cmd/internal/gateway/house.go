package gateway

import (
	"fmt"
	"runtime"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/share"
)

// house is what all slots share.
type house struct {
	memory      *budget.Budget // linear memory of guests, in bytes
	flight      *budget.Budget // heads, bodies, events and answers that wait, in bytes
	descriptors *budget.Budget // of sockets, connections and databases
	open        int            // descriptors that the process had before there were slots
	turns       *share.Turns   // of guests that use the processor without waiting
}

func newHouse(conf *config.Config) *house {
	h := &house{
		memory: budget.New(conf.Limits.Memory), flight: budget.New(0), descriptors: budget.New(0), open: openNow(),
		turns: share.New(runtime.GOMAXPROCS(0)),
	}
	h.resize(conf)
	return h
}

// resize puts the limits of another configuration in force. What was taken stays taken: whoever asks next finds less or more.
func (h *house) resize(conf *config.Config) {
	h.memory.Resize(conf.Limits.Memory)
	h.flight.Resize(conf.Limits.BytesInFlight)
	h.flight.Reserve(conf.Limits.BytesInFlight / limits.KeyedShare) // a client without the key must not leave those that have it without
	h.divide(planDescriptors(conf, h.open))
}

// status is how the budgets stand.
func (h *house) status(conf config.HostLimits) []admin.Budget {
	return []admin.Budget{
		shown("memory", "bytes", h.memory, conf.Origin.Memory),
		shown("bytes_in_flight", "bytes", h.flight, conf.Origin.BytesInFlight),
		shown("descriptors", "descriptors", h.descriptors, fmt.Sprintf("what the host leaves of %d, %s", conf.Descriptors, conf.Origin.Descriptors)),
	}
}

func shown(name, unit string, b *budget.Budget, origin string) admin.Budget {
	use := b.Use()
	return admin.Budget{Name: name, Unit: unit, Used: use.Used, Limit: use.Limit, Peak: use.Peak, Short: use.Short, Origin: origin}
}
