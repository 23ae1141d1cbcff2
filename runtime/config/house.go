package config

import (
	"fmt"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/machine"
)

// fromFile is the origin of what an operator has written.
const fromFile = "configuration"

// hostLimits reads [limits]. What is not written, or 0, follows from the machine.
func (l *loader) hostLimits(raw map[string]any) HostLimits {
	v := l.table([]string{"limits"}, hostLimitsSchema(), raw)
	h := HostLimits{
		Memory: v.size("memory"), BytesInFlight: v.size("bytes_in_flight"), Descriptors: v.count("descriptors"),
		CompileMemory: v.size("compile_memory"), CompileTime: v.duration("compile_time"),
		Origin: LimitOrigins{Memory: fromFile, BytesInFlight: fromFile, Descriptors: fromFile},
	}
	l.atLeast("memory", h.Memory, limits.HostMemoryBytesMin)
	l.atLeast("bytes_in_flight", h.BytesInFlight, limits.HostFlightBytesMin)
	h.follow(l.opts.Machine())
	return h
}

// atLeast complains about a size that is not 0 and cannot be meant.
func (l *loader) atLeast(key string, size, least int64) {
	if size > 0 && size < least {
		l.complain([]string{"limits", key}, onValue, "%s must be at least %s, or 0 for what follows from the machine", key, budget.Bytes(least))
	}
}

// follow fills in what was left to the machine.
func (h *HostLimits) follow(m machine.Machine) {
	if h.Memory == 0 {
		h.Memory, h.Origin.Memory = memoryOf(m)
	}
	if h.BytesInFlight == 0 {
		h.BytesInFlight, h.Origin.BytesInFlight = h.Memory/limits.HostFlightShare, "follows from memory"
		if h.BytesInFlight < limits.HostFlightBytesLeast {
			h.BytesInFlight, h.Origin.BytesInFlight = limits.HostFlightBytesLeast, "the least; an eighth of memory is less"
		}
	}
	switch {
	case m.Descriptors > 0 && (h.Descriptors == 0 || h.Descriptors > m.Descriptors):
		h.Descriptors, h.Origin.Descriptors = m.Descriptors, "limit of the process"
	case h.Descriptors == 0:
		h.Descriptors, h.Origin.Descriptors = limits.HostDescriptors, "the system does not tell its limit"
	}
}

func memoryOf(m machine.Machine) (share int64, origin string) {
	switch whole := budget.Bytes(m.Memory); {
	case m.Memory == 0:
		return limits.HostMemoryBytes, "the system does not tell what the machine has"
	case m.Group:
		origin = fmt.Sprintf("half of the %s that its control group allows", whole)
	default:
		origin = fmt.Sprintf("half of the machine's %s", whole)
	}
	share = m.Memory / limits.HostMemoryShare
	if share < limits.HostMemoryBytesMin {
		return limits.HostMemoryBytesMin, "the least; " + origin + " is less"
	}
	return share, origin
}
