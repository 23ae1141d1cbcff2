package responses

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// item is one output item.
type item struct {
	kind   itemKind
	id     string
	status Status
	parts  []part // of a message or of reasoning

	// of a call
	callIndex    int
	callID, name string
	arguments    []byte
	input        []byte // of a custom tool, once its arguments are complete
}

func (it *item) isCall() bool { return it.kind == functionCall || it.kind == customCall }

type itemKind uint8

const (
	message itemKind = iota
	reasoning
	functionCall
	customCall
)

// prefix is what the ids of such items begin with.
func (k itemKind) prefix() string {
	switch k {
	case reasoning:
		return ids.Reasoning
	case functionCall:
		return ids.FunctionCall
	case customCall:
		return ids.CustomCall
	default:
		return ids.Message
	}
}

// part is one part of an item's content.
type part struct {
	kind partKind
	text []byte
}

type partKind uint8

const (
	textPart partKind = iota
	refusalPart
	reasoningPart
	summaryPart
)

// AppendJSON appends the Response object, with every key that the strictest readers want.
func (a *Answer) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, a.ID...)
	dst = append(dst, `","object":"response","created_at":`...)
	dst = openai.AppendInt(dst, a.CreatedAt)
	dst = append(dst, `,"completed_at":`...)
	dst = openai.AppendIntOrNull(dst, a.completedAt)
	dst = append(dst, `,"status":"`...)
	dst = append(dst, a.status...)
	dst = append(dst, `","incomplete_details":`...)
	if a.status == Incomplete {
		dst = append(dst, `{"reason":"`...)
		dst = append(dst, a.reason...)
		dst = append(dst, `"}`...)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"error":`...)
	dst = a.appendFailure(dst)
	dst = append(dst, `,"output":[`...)
	for i := range a.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = a.items[i].appendJSON(dst)
	}
	dst = append(dst, `],"usage":`...)
	dst = appendUsage(dst, a.usage)
	dst = append(dst, ',')
	dst = append(dst, a.Echo...)
	return append(dst, '}')
}

// appendFailure appends the error of a failed response, whose codes are a list of their own.
// https://platform.openai.com/docs/api-reference/responses/object#responses-object-error
func (a *Answer) appendFailure(dst []byte) []byte {
	if a.failure == nil {
		return append(dst, "null"...)
	}
	code := "server_error"
	switch {
	case a.failure.Status == 429:
		code = "rate_limit_exceeded"
	case a.failure.Status >= 400 && a.failure.Status < 500:
		code = "invalid_prompt"
	}
	dst = append(dst, `{"code":"`...)
	dst = append(dst, code...)
	dst = append(dst, `","message":`...)
	dst = jsontext.AppendString(dst, a.failure.Message)
	return append(dst, '}')
}

func appendUsage(dst []byte, u openai.Usage) []byte {
	dst = append(dst, `{"input_tokens":`...)
	dst = openai.AppendInt(dst, u.Input)
	dst = append(dst, `,"input_tokens_details":{"cached_tokens":`...)
	dst = openai.AppendInt(dst, u.Cached)
	dst = append(dst, `,"cache_write_tokens":0},"output_tokens":`...)
	dst = openai.AppendInt(dst, u.Output)
	dst = append(dst, `,"output_tokens_details":{"reasoning_tokens":`...)
	dst = openai.AppendInt(dst, u.Reasoning)
	dst = append(dst, `},"total_tokens":`...)
	dst = openai.AppendInt(dst, u.Total)
	return append(dst, '}')
}

func (it *item) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, it.id...)
	switch it.kind {
	case functionCall:
		dst = append(dst, `","type":"function_call","status":"`...)
		return it.appendCall(dst, "arguments", it.arguments)
	case customCall:
		dst = append(dst, `","type":"custom_tool_call","status":"`...)
		return it.appendCall(dst, "input", it.input)
	case reasoning:
		dst = append(dst, `","type":"reasoning","summary":[`...)
		dst = it.appendParts(dst, func(k partKind) bool { return k == summaryPart })
		dst = append(dst, `],"content":[`...)
		dst = it.appendParts(dst, func(k partKind) bool { return k == reasoningPart })
	default:
		dst = append(dst, `","type":"message","status":"`...)
		dst = append(dst, it.status...)
		dst = append(dst, `","role":"assistant","content":[`...)
		dst = it.appendParts(dst, func(partKind) bool { return true })
	}
	return append(dst, "]}"...)
}

// appendCall appends the rest of a call behind the key of its status.
func (it *item) appendCall(dst []byte, member string, value []byte) []byte {
	dst = append(dst, it.status...)
	dst = append(dst, `","call_id":`...)
	dst = jsontext.AppendString(dst, it.callID)
	dst = append(dst, `,"name":`...)
	dst = jsontext.AppendString(dst, it.name)
	dst = append(dst, ',', '"')
	dst = append(dst, member...)
	dst = append(dst, '"', ':')
	dst = jsontext.AppendString(dst, value)
	return append(dst, '}')
}

// appendParts appends the parts of those kinds.
func (it *item) appendParts(dst []byte, want func(partKind) bool) []byte {
	first := true
	for i := range it.parts {
		if !want(it.parts[i].kind) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = it.parts[i].appendJSON(dst)
	}
	return dst
}

func (p *part) appendJSON(dst []byte) []byte {
	switch p.kind {
	case refusalPart:
		dst = append(dst, `{"type":"refusal","refusal":`...)
		dst = jsontext.AppendString(dst, p.text)
		return append(dst, '}')
	case reasoningPart:
		dst = append(dst, `{"type":"reasoning_text","text":`...)
		dst = jsontext.AppendString(dst, p.text)
		return append(dst, '}')
	case summaryPart:
		dst = append(dst, `{"type":"summary_text","text":`...)
		dst = jsontext.AppendString(dst, p.text)
		return append(dst, '}')
	default:
		dst = append(dst, `{"type":"output_text","text":`...)
		dst = jsontext.AppendString(dst, p.text)
		return append(dst, `,"annotations":[],"logprobs":[]}`...)
	}
}

// AppendMessages appends the answer as a chat message behind the conversation that dst holds, so that the next response
// can follow on it. Calls whose arguments were cut short are left out, and so is reasoning.
func (a *Answer) AppendMessages(dst []byte) []byte {
	var text []byte
	calls := 0
	for i := range a.items {
		if a.items[i].kind == message {
			for _, p := range a.items[i].parts {
				text = append(text, p.text...)
			}
		}
		if a.items[i].isCall() && a.items[i].status == Completed {
			calls++
		}
	}
	if len(text) == 0 && calls == 0 {
		return dst
	}
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, `{"role":"assistant","content":`...)
	if len(text) == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = jsontext.AppendString(dst, text)
	}
	if calls > 0 {
		dst = a.appendToolCalls(dst)
	}
	return append(dst, '}')
}

func (a *Answer) appendToolCalls(dst []byte) []byte {
	dst = append(dst, `,"tool_calls":[`...)
	first := true
	for i := range a.items {
		it := &a.items[i]
		if !it.isCall() || it.status != Completed {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = chat.AppendToolCall(dst, it.callID, it.name, it.arguments)
	}
	return append(dst, ']')
}
