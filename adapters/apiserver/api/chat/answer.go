package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Call is one function call of an answer.
type Call struct {
	Index     int // the agent's number for it
	ID, Name  string
	Arguments []byte
}

// Answer is what the agent has said so far.
type Answer struct {
	ID      string
	Created int64 // Unix seconds
	Model   string

	Text, Reasoning, Refusal []byte
	Calls                    []Call
}

// AddCall finds the call of the agent's index, or adds it, and gives it with its place in the answer; fresh tells that it
// was added. newID makes an id for a call that the agent gave none.
func (a *Answer) AddCall(index int, id, name []byte, newID func() string) (call *Call, at int, fresh bool) {
	for at = range a.Calls {
		if call = &a.Calls[at]; call.Index == index {
			return call, at, false
		}
	}
	a.Calls = append(a.Calls, Call{Index: index, ID: string(id), Name: string(name)})
	at = len(a.Calls) - 1
	call = &a.Calls[at]
	if call.ID == "" {
		call.ID = newID()
	}
	return call, at, true
}

// AppendCompletion appends the chat.completion object. https://platform.openai.com/docs/api-reference/chat/object
func (a *Answer) AppendCompletion(dst []byte, done openai.Done) []byte {
	dst = a.appendHead(dst, "chat.completion", done)
	dst = append(dst, `,"choices":[{"index":0,"message":`...)
	dst = a.appendMessage(dst)
	dst = append(dst, `,"logprobs":null,"finish_reason":`...)
	dst = jsontext.AppendString(dst, done.FinishReason)
	dst = append(dst, `}],"usage":`...)
	dst = appendUsage(dst, done.Usage)
	return append(dst, '}')
}

// appendHead opens the object. Clients do not accept null for a fingerprint or tier: a string, or absent.
func (a *Answer) appendHead(dst []byte, object string, done openai.Done) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, a.ID...)
	dst = append(dst, `","object":"`...)
	dst = append(dst, object...)
	dst = append(dst, `","created":`...)
	dst = openai.AppendInt(dst, a.Created)
	dst = append(dst, `,"model":`...)
	dst = jsontext.AppendString(dst, a.Model)
	if done.SystemFingerprint != "" {
		dst = append(dst, `,"system_fingerprint":`...)
		dst = jsontext.AppendString(dst, done.SystemFingerprint)
	}
	if done.ServiceTier != "" {
		dst = append(dst, `,"service_tier":`...)
		dst = jsontext.AppendString(dst, done.ServiceTier)
	}
	return dst
}

func (a *Answer) appendMessage(dst []byte) []byte {
	dst = append(dst, `{"role":"assistant","content":`...)
	if len(a.Text) == 0 && (len(a.Calls) > 0 || len(a.Refusal) > 0) {
		dst = append(dst, "null"...)
	} else {
		dst = jsontext.AppendString(dst, a.Text)
	}
	dst = append(dst, `,"refusal":`...)
	if len(a.Refusal) == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = jsontext.AppendString(dst, a.Refusal)
	}
	dst = append(dst, `,"annotations":[]`...)
	if len(a.Reasoning) > 0 {
		dst = append(dst, `,"reasoning_content":`...)
		dst = jsontext.AppendString(dst, a.Reasoning)
	}
	if len(a.Calls) > 0 {
		dst = append(dst, `,"tool_calls":[`...)
		for i := range a.Calls {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendToolCall(dst, a.Calls[i].ID, a.Calls[i].Name, a.Calls[i].Arguments)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// AppendToolCall appends one entry of tool_calls.
func AppendToolCall[T string | []byte](dst []byte, id, name string, arguments T) []byte {
	dst = append(dst, `{"id":`...)
	dst = jsontext.AppendString(dst, id)
	dst = append(dst, `,"type":"function","function":{"name":`...)
	dst = jsontext.AppendString(dst, name)
	dst = append(dst, `,"arguments":`...)
	dst = jsontext.AppendString(dst, arguments)
	return append(dst, "}}"...)
}

func appendUsage(dst []byte, u openai.Usage) []byte {
	dst = append(dst, `{"prompt_tokens":`...)
	dst = openai.AppendInt(dst, u.Input)
	dst = append(dst, `,"completion_tokens":`...)
	dst = openai.AppendInt(dst, u.Output)
	dst = append(dst, `,"total_tokens":`...)
	dst = openai.AppendInt(dst, u.Total)
	dst = append(dst, `,"prompt_tokens_details":{"cached_tokens":`...)
	dst = openai.AppendInt(dst, u.Cached)
	dst = append(dst, `,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":`...)
	dst = openai.AppendInt(dst, u.Reasoning)
	return append(dst, `,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`...)
}
