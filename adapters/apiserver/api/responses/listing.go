package responses

import (
	"strings"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/jsontext"
)

// firstInput is the index of the first input item among the ids of a response's items: output items count from 0.
const firstInput = 0x1000

// AppendInputItems appends the input as the list that is kept: an array of items, each with an id. What the client sent
// stays as it is, but for a plain string, which becomes a message.
func (r *Request) AppendInputItems(dst []byte, response string) []byte {
	if r.input.Kind() == jsontext.String {
		dst = append(dst, `[{"id":"`...)
		dst = append(dst, ids.Item(ids.Message, response, firstInput)...)
		dst = append(dst, `","type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":`...)
		dst = append(dst, r.input.Raw()...)
		return append(dst, `}]}]`...)
	}
	dst = append(dst, '[')
	for it := r.input.Items(); it.Next(); {
		if it.Index > 0 {
			dst = append(dst, ',')
		}
		dst = appendInputItem(dst, it.Value, response, firstInput+it.Index)
	}
	return append(dst, ']')
}

func appendInputItem(dst []byte, item jsontext.Value, response string, index int) []byte {
	kind, id, status := item.Get("type"), item.Get("id"), item.Get("status")
	message := !kind.Set() || kind.Is("message")
	dst = append(dst, '{')
	if !id.Set() {
		dst = append(dst, `"id":"`...)
		dst = append(dst, ids.Item(inputPrefix(kind), response, index)...)
		dst = append(dst, `",`...)
	}
	if message && !kind.Set() {
		dst = append(dst, `"type":"message",`...)
	}
	if message && !status.Set() {
		dst = append(dst, `"status":"completed",`...)
	}
	for m := item.Members(); m.Next(); {
		if !m.Value.Set() && (m.Key.Is("id") || m.Key.Is("type") || m.Key.Is("status")) {
			continue
		}
		dst = append(dst, m.Key.Raw()...)
		dst = append(dst, ':')
		if message && m.Key.Is("content") && m.Value.Kind() == jsontext.String {
			dst = appendParts(dst, m.Value, item.Get("role").Is("assistant"))
		} else {
			dst = append(dst, m.Value.Raw()...)
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '}' // in the place of the last comma: an item that was checked has at least one member
	return dst
}

// appendParts appends a string content as the list of parts that it stands for.
func appendParts(dst []byte, text jsontext.Value, assistant bool) []byte {
	if assistant {
		dst = append(dst, `[{"type":"output_text","text":`...)
		dst = append(dst, text.Raw()...)
		return append(dst, `,"annotations":[],"logprobs":[]}]`...)
	}
	dst = append(dst, `[{"type":"input_text","text":`...)
	dst = append(dst, text.Raw()...)
	return append(dst, "}]"...)
}

func inputPrefix(kind jsontext.Value) string {
	switch {
	case kind.Is("function_call"):
		return ids.FunctionCall
	case kind.Is("function_call_output"):
		return "fco_"
	case kind.Is("custom_tool_call"):
		return ids.CustomCall
	case kind.Is("custom_tool_call_output"):
		return "ctco_"
	case kind.Is("compaction"):
		return ids.Compaction
	case kind.Is("reasoning"):
		return ids.Reasoning
	}
	return ids.Message
}

// Param is the name in a responses request of a field that the agent knows by its name in a chat completions request.
func Param(chat string) string {
	name, _, _ := strings.Cut(chat, ".")
	name, _, _ = strings.Cut(name, "[")
	switch name {
	case "messages":
		return "input"
	case "response_format":
		return "text.format"
	case "max_tokens", "max_completion_tokens":
		return "max_output_tokens"
	case "reasoning_effort":
		return "reasoning.effort"
	case "verbosity":
		return "text.verbosity"
	}
	return chat
}
