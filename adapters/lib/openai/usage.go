package openai

import (
	"strconv"

	"innkeeper/adapters/lib/jsontext"
)

// Usage counts the tokens of a turn.
type Usage struct {
	Input, Cached     int64 // Cached is a part of Input
	Output, Reasoning int64 // Reasoning is a part of Output
	Total             int64
}

// Done is how a turn ended that came to its end.
type Done struct {
	FinishReason      string // "stop", "length", "tool_calls", "content_filter"
	Usage             Usage
	SystemFingerprint string
	ServiceTier       string
}

// ParseDone reads the agent's last event. A text that makes no sense is an answer that stopped, without a count.
func ParseDone(doc *jsontext.Doc, payload []byte) Done {
	if d, ok := usualDone(payload); ok {
		return d
	}
	d := Done{FinishReason: "stop"}
	if doc.Parse(payload) != nil {
		return d
	}
	for m := doc.Root().Members(); m.Next(); {
		switch string(m.Name()) {
		case "finish_reason":
			if s := m.Value.Text(); s != "" {
				d.FinishReason = s
			}
		case "system_fingerprint":
			d.SystemFingerprint = m.Value.Text()
		case "service_tier":
			d.ServiceTier = m.Value.Text()
		case "usage":
			d.Usage = parseUsage(m.Value)
		}
	}
	return d
}

func parseUsage(v jsontext.Value) Usage {
	var u Usage
	for m := v.Members(); m.Next(); {
		switch string(m.Name()) {
		case "prompt_tokens":
			u.Input, _ = m.Value.Int()
		case "completion_tokens":
			u.Output, _ = m.Value.Int()
		case "total_tokens":
			u.Total, _ = m.Value.Int()
		case "prompt_tokens_details":
			u.Cached, _ = m.Value.Get("cached_tokens").Int()
		case "completion_tokens_details":
			u.Reasoning, _ = m.Value.Get("reasoning_tokens").Int()
		}
	}
	if u.Total == 0 {
		u.Total = u.Input + u.Output
	}
	return u
}

// AppendInt appends a number.
func AppendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// AppendIntOrNull appends a number, or null for 0: for times that have not come.
func AppendIntOrNull(dst []byte, n int64) []byte {
	if n == 0 {
		return append(dst, "null"...)
	}
	return AppendInt(dst, n)
}
