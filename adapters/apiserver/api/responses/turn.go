package responses

import "innkeeper/adapters/lib/jsontext"

// AppendTurn appends the body of a chat completions request for the agent. The messages are the whole conversation, as
// AppendMessages and Answer.AppendMessages put it together. The instructions go in front of it and are not a part of it:
// they are not inherited by the next response. The model is left out if it is "", so that the agent takes its own.
func (r *Request) AppendTurn(dst []byte, model string, messages []byte) []byte {
	dst = append(dst, '{')
	if model != "" {
		dst = append(dst, `"model":`...)
		dst = jsontext.AppendString(dst, model)
		dst = append(dst, ',')
	}
	dst = append(dst, `"stream":true,"messages":[`...)
	if r.instructions.Set() && !r.instructions.Empty() {
		dst = append(dst, `{"role":"system","content":`...)
		dst = append(dst, r.instructions.Raw()...)
		dst = append(dst, '}')
		if len(messages) > 0 {
			dst = append(dst, ',')
		}
	}
	dst = append(dst, messages...)
	dst = append(dst, ']')
	dst = r.appendTurnTools(dst)
	dst = r.appendTurnFormat(dst)
	dst = appendMember(dst, "max_completion_tokens", r.maxOutputTokens)
	dst = appendMember(dst, "temperature", r.temperature)
	dst = appendMember(dst, "top_p", r.topP)
	dst = appendMember(dst, "presence_penalty", r.presence)
	dst = appendMember(dst, "frequency_penalty", r.frequency)
	dst = appendMember(dst, "reasoning_effort", r.reasoning.Get("effort"))
	dst = appendMember(dst, "verbosity", r.text.Get("verbosity"))
	dst = appendMember(dst, "user", r.user)
	if !r.serviceTier.Is("auto") && !r.serviceTier.Is("default") {
		dst = appendMember(dst, "service_tier", r.serviceTier)
	}
	return append(dst, '}')
}

// appendTurnFormat appends response_format, whose shape differs between the two APIs.
func (r *Request) appendTurnFormat(dst []byte) []byte {
	format := r.text.Get("format")
	switch kind := format.Get("type"); {
	case kind.Is("json_object"):
		return append(dst, `,"response_format":{"type":"json_object"}`...)
	case kind.Is("json_schema"):
		dst = append(dst, `,"response_format":{"type":"json_schema","json_schema":{"name":`...)
		dst = append(dst, format.Get("name").Raw()...)
		dst = appendMember(dst, "description", format.Get("description"))
		dst = appendMember(dst, "schema", format.Get("schema"))
		dst = appendMember(dst, "strict", format.Get("strict"))
		return append(dst, "}}"...)
	}
	return dst
}
