package openai

import (
	"strconv"

	"innkeeper/adapters/sdk"
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

// DoneOf is how the agent says it. A total that nobody counted is the sum of its parts.
func DoneOf(d *sdk.AgentDone) Done {
	done := Done{FinishReason: d.FinishReason, SystemFingerprint: d.SystemFingerprint, ServiceTier: d.ServiceTier}
	if u := d.Usage; u != nil {
		done.Usage = Usage{
			Input: u.PromptTokens, Cached: u.CachedTokens, Output: u.CompletionTokens, Reasoning: u.ReasoningTokens, Total: u.TotalTokens,
		}
		if u.TotalTokens == 0 {
			done.Usage.Total = u.PromptTokens + u.CompletionTokens
		}
	}
	return done
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
