package config

import (
	"slices"

	"innkeeper/runtime/limits"
)

// limits reads [adapters.NAME.limits].
func (l *loader) limits(path []string, raw map[string]any) Limits {
	v := l.table(path, limitsSchema(), raw)
	lim := Limits{
		Memory:          v.size("memory") / limits.MemoryPageBytes * limits.MemoryPageBytes,
		Disk:            v.size("disk"),
		Engine:          Engine(v.text("engine")),
		MaxBody:         v.size("max_body"),
		MaxConcurrent:   v.count("max_concurrent"),
		ReadBodyTimeout: v.duration("read_body_timeout"),
		AnswerTimeout:   v.duration("answer_timeout"),
		AddressLimits:   addressLimits(v),
	}
	lim.Handles, lim.HandlesTotal = l.handles(append(slices.Clip(path), "handles"), l.subtable(path, "handles", raw))
	return lim
}

// handles reads [adapters.NAME.limits.handles]. The kinds have a dot in their names, so that "sqlite.connection" = 4 and
// sqlite.connection = 4 are two spellings; both mean the same.
func (l *loader) handles(path []string, raw map[string]any) (quotas map[string]int, total int) {
	s := handlesSchema(l.opts.Handles)
	v := l.table(path, s, l.mergeDotted(path, s, raw))
	quotas = map[string]int{}
	for _, k := range s.keys {
		quotas[k.Name] = v.count(k.Name)
	}
	total = quotas[totalHandles]
	delete(quotas, totalHandles)
	return quotas, total
}

// mergeDotted returns raw with the unquoted spelling replaced by the quoted one. What does not fit stays as it is, for
// the reader to complain about.
func (l *loader) mergeDotted(path []string, s schema, raw map[string]any) map[string]any {
	merged := map[string]any{}
	for key, v := range raw {
		table, isTable := v.(map[string]any)
		if !isTable {
			merged[key] = v
			continue
		}
		for below, v := range table {
			name := key + "." + below
			_, twice := raw[name]
			switch at := append(slices.Clip(path), key, below); {
			case s.key(name) == nil:
				l.complain(at, onKey, "unknown kind of handle %s", quoteKey(name)).Table = dotted(path)
			case twice:
				l.complain(at, onKey, "%s is set twice", quoteKey(name)).Table = dotted(path)
			default:
				merged[name] = v
			}
		}
	}
	return merged
}

// backoff reads [adapters.NAME.backoff].
func (l *loader) backoff(path []string, raw map[string]any) Backoff {
	v := l.table(path, backoffSchema(), raw)
	b := Backoff{
		Initial:           v.duration("initial"),
		Max:               v.duration("max"),
		ResetAfter:        v.duration("reset_after"),
		AttentionAfter:    v.duration("attention_after"),
		AttentionFailures: v.count("attention_failures"),
	}
	if b.Initial > b.Max {
		l.complain(append(slices.Clip(path), "initial"), onValue, "initial %s is longer than max %s", b.Initial, b.Max)
	}
	if b.ResetAfter == 0 {
		b.ResetAfter = b.Max
	}
	return b
}
