package config

import (
	"maps"
	"slices"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// The host's own tables are described in the same terms as an adapter's settings, so that one reader serves both.

// schema is one table: the keys it may have and the tables below it.
type schema struct {
	keys   []manifest.Setting
	tables []string
}

// key returns the setting of that name, or nil.
func (s schema) key(name string) *manifest.Setting {
	for i := range s.keys {
		if s.keys[i].Name == name {
			return &s.keys[i]
		}
	}
	return nil
}

// names are all keys and tables, for suggestions.
func (s schema) names() []string {
	names := slices.Clone(s.tables)
	for _, k := range s.keys {
		names = append(names, k.Name)
	}
	return names
}

func rootSchema() schema {
	return schema{
		keys: []manifest.Setting{
			{Name: "data_dir", Type: manifest.TypeString, Default: "data"},
			{Name: "adapters_dir", Type: manifest.TypeString, Default: "adapters"},
			{Name: "log_level", Type: manifest.TypeString, Default: "info", Enum: []any{"debug", "info", "warn", "error"}},
		},
		tables: []string{"limits", "front", "agent", "adapters"},
	}
}

// hostLimitsSchema is [limits]. A default of 0 stands for what follows from the machine.
func hostLimitsSchema() schema {
	descriptors := count("descriptors", 0, limits.HostDescriptorsMax)
	descriptors.Min = int64(0)
	return schema{keys: []manifest.Setting{
		size("memory", 0, 0, limits.HostMemoryBytesMax),
		size("bytes_in_flight", 0, 0, limits.HostMemoryBytesMax),
		descriptors,
		size("compile_memory", limits.CompileMemory, limits.CompileMemoryMin, limits.HostMemoryBytesMax),
		slotDuration("compile_time", limits.CompileTime),
	}}
}

func frontSchema() schema {
	return schema{keys: append([]manifest.Setting{
		{Name: "listen", Type: manifest.TypeString, Default: limits.FrontListen},
	}, addressKeys()...)}
}

// addressKeys are the limits of one address: of the front's, or of an adapter's own.
func addressKeys() []manifest.Setting {
	return []manifest.Setting{
		size("max_header", limits.HTTPHeaderBytes, 1<<10, limits.HTTPHeaderBytesMax),
		count("max_connections", limits.HTTPConnections, limits.HTTPConnectionsMax),
		slotDuration("read_header_timeout", limits.HTTPReadHeaderTimeout),
		slotDuration("idle_timeout", limits.HTTPIdleTimeout),
		slotDuration("write_stall_timeout", limits.HTTPWriteStallTimeout),
	}
}

func agentSchema() schema {
	return schema{keys: []manifest.Setting{
		{Name: "kind", Type: manifest.TypeString, Default: string(AgentEcho), Enum: []any{string(AgentEcho), string(AgentOpenAI)}},
		{Name: "base_url", Type: manifest.TypeString, Default: "https://api.openai.com/v1"},
		{Name: "model", Type: manifest.TypeString, Default: ""},
		{Name: "api_key", Type: manifest.TypeString, Secret: true},
		duration("timeout", limits.AgentTimeout, limits.SlotDurationMin, limits.AgentTimeoutMax),
		duration("delay", limits.AgentDelay, limits.AgentDelay, limits.AgentDelayMax),
	}}
}

// adapterSchema is what every adapter has; its module's settings come on top.
func adapterSchema() schema {
	return schema{
		keys: []manifest.Setting{
			{Name: "module", Type: manifest.TypeString},
			{Name: "enabled", Type: manifest.TypeBool},
			{Name: "listen", Type: manifest.TypeString},
			{Name: "mount", Type: manifest.TypeString, Default: ""},
			{Name: "grants", Type: manifest.TypeStrings},
		},
		tables: []string{"limits", "backoff", "budgets"},
	}
}

func limitsSchema() schema {
	return schema{
		keys: append([]manifest.Setting{
			size("memory", limits.MemoryBytes, limits.MemoryBytesMin, limits.MemoryBytesMax),
			size("disk", limits.DiskBytes, limits.DiskBytesMin, limits.DiskBytesMax),
			{Name: "engine", Type: manifest.TypeString, Default: string(EngineCompiler),
				Enum: []any{string(EngineCompiler), string(EngineInterpreter)}},
			size("max_body", limits.HTTPBodyBytes, 1, limits.HTTPBodyBytesMax),
			count("max_concurrent", limits.HTTPConcurrent, limits.HandleQuotaMax),
			slotDuration("read_body_timeout", limits.HTTPReadBodyTimeout),
			slotDuration("answer_timeout", limits.HTTPAnswerTimeout),
		}, addressKeys()...),
		tables: []string{"handles"},
	}
}

// totalHandles is the key in [adapters.NAME.limits.handles] that bounds all kinds together.
const totalHandles = "total"

func handlesSchema(quotas map[string]int) schema {
	s := schema{keys: []manifest.Setting{count(totalHandles, limits.HandlesTotal, limits.HandleQuotaMax)}}
	for _, kind := range slices.Sorted(maps.Keys(quotas)) {
		k := count(kind, quotas[kind], limits.HandleQuotaMax)
		k.Min = int64(0)
		s.keys = append(s.keys, k)
	}
	return s
}

func backoffSchema() schema {
	return schema{keys: []manifest.Setting{
		slotDuration("initial", limits.BackoffInitial),
		slotDuration("max", limits.BackoffMax),
		{Name: "reset_after", Type: manifest.TypeDuration, Min: limits.SlotDurationMin, Max: limits.SlotDurationMax}, // default: max
		slotDuration("attention_after", limits.AttentionAfter),
		count("attention_failures", limits.AttentionFailures, limits.HandleQuotaMax),
	}}
}

func budgetsSchema() schema {
	return schema{keys: []manifest.Setting{
		slotDuration("connect", limits.ConnectBudget),
		slotDuration("stall", limits.StallBudget),
		slotDuration("drain", limits.DrainBudget),
		slotDuration("close", limits.CloseBudget),
		slotDuration("handover", limits.HandoverBudget),
		slotDuration("hold", limits.HoldBudget),
	}}
}
