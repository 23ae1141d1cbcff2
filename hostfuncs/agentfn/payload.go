package agentfn

import (
	"encoding/json"
	"strconv"

	"innkeeper/runtime/agent"
)

// lastPayload is the content of an event that ends a turn.
func lastPayload(e agent.Event) []byte {
	if e.Kind == agent.KindDone {
		return donePayload(e.Done)
	}
	return e.Payload()
}

// donePayload is e.Payload() of a Done, written by hand: every turn has one, and package json took half of a short turn's
// time, mostly for growing the stack of the turn's young goroutine.
func donePayload(d *agent.Done) []byte {
	b := make([]byte, 0, 320)
	b = appendText(append(b, `{"finish_reason":`...), d.FinishReason)
	b = appendText(append(b, `,"model":`...), d.Model)
	b = appendUsage(append(b, `,"usage":`...), d.Usage)
	b = appendOptional(b, `,"id":`, d.ID)
	b = appendOptional(b, `,"system_fingerprint":`, d.SystemFingerprint)
	b = appendOptional(b, `,"service_tier":`, d.ServiceTier)
	return append(b, '}')
}

func appendUsage(b []byte, u *agent.Usage) []byte {
	if u == nil {
		return append(b, "null"...)
	}
	b = strconv.AppendInt(append(b, `{"prompt_tokens":`...), u.PromptTokens, 10)
	b = strconv.AppendInt(append(b, `,"completion_tokens":`...), u.CompletionTokens, 10)
	b = strconv.AppendInt(append(b, `,"total_tokens":`...), u.TotalTokens, 10)
	b = strconv.AppendInt(append(b, `,"prompt_tokens_details":{"cached_tokens":`...), u.CachedTokens, 10)
	b = strconv.AppendInt(append(b, `},"completion_tokens_details":{"reasoning_tokens":`...), u.ReasoningTokens, 10)
	return append(b, "}}"...)
}

func appendOptional(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(append(b, name...), text)
}

// appendText appends a JSON string. Only what is plain needs no help.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, _ := json.Marshal(text) // a string always has a JSON form
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}
