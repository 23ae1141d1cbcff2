package openai

import "bytes"

// usualDone reads the agent's last event as the host writes it: with these members, in this order, without spaces and escapes. Each
// request has one, and this costs half of what a JSON parser does. ok is false for any other text.
func usualDone(payload []byte) (d Done, ok bool) {
	t := text{payload, true}
	t.take(`{"finish_reason":"`)
	d.FinishReason = finishReason(t.word())
	t.take(`","model":"`)
	t.word()
	t.take(`","usage":{"prompt_tokens":`)
	d.Usage.Input = t.int()
	t.take(`,"completion_tokens":`)
	d.Usage.Output = t.int()
	t.take(`,"total_tokens":`)
	d.Usage.Total = t.int()
	t.take(`,"prompt_tokens_details":{"cached_tokens":`)
	d.Usage.Cached = t.int()
	t.take(`},"completion_tokens_details":{"reasoning_tokens":`)
	d.Usage.Reasoning = t.int()
	t.take("}}")
	t.optional(`,"id":"`)
	d.SystemFingerprint = string(t.optional(`,"system_fingerprint":"`))
	d.ServiceTier = string(t.optional(`,"service_tier":"`))
	t.take("}")
	return d, t.ok && len(t.rest) == 0 && d.FinishReason != "" && d.Usage.Total != 0
}

// finishReason spares the usual reasons a copy.
func finishReason(word []byte) string {
	switch string(word) {
	case "stop":
		return "stop"
	case "length":
		return "length"
	case "tool_calls":
		return "tool_calls"
	}
	return string(word)
}

// text is read from its front. Once something else is there than was expected ok is false, and what comes from it means nothing.
type text struct {
	rest []byte
	ok   bool
}

func (t *text) take(s string) {
	if t.ok = t.ok && len(t.rest) >= len(s) && string(t.rest[:len(s)]) == s; t.ok {
		t.rest = t.rest[len(s):]
	}
}

// word is the inside of a string up to its quote.
func (t *text) word() []byte {
	end := bytes.IndexByte(t.rest, '"')
	if end < 0 {
		t.ok = false
		return nil
	}
	for _, c := range t.rest[:end] {
		if c < ' ' || c > '~' || c == '\\' {
			t.ok = false
			return nil
		}
	}
	word := t.rest[:end]
	t.rest = t.rest[end:]
	return word
}

// int is a number of few digits.
func (t *text) int() (n int64) {
	digits := 0
	for digits < len(t.rest) && t.rest[digits] >= '0' && t.rest[digits] <= '9' {
		n = 10*n + int64(t.rest[digits]-'0')
		digits++
	}
	t.ok = t.ok && digits > 0 && digits < 16 && (t.rest[0] != '0' || digits == 1)
	t.rest = t.rest[digits:]
	return n
}

// optional is a string member that may be missing.
func (t *text) optional(open string) (word []byte) {
	if !bytes.HasPrefix(t.rest, []byte(open)) {
		return nil
	}
	t.take(open)
	word = t.word()
	t.take(`"`)
	return word
}
