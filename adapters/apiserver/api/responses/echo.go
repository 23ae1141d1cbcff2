package responses

import "innkeeper/adapters/lib/jsontext"

// AppendEcho appends the members of the Response object that repeat the request, defaults filled in: a list of members
// without braces. It is made once for a response, as a stream shows it three times.
//
// The strictest readers want every key, null where nothing applies, and numbers where the API has a default.
func (r *Request) AppendEcho(dst []byte, model string) []byte {
	dst = append(dst, `"model":`...)
	dst = jsontext.AppendString(dst, model)
	dst = append(dst, `,"previous_response_id":`...)
	dst = jsontext.AppendStringOrNull(dst, r.PreviousID)
	dst = r.appendConversation(dst)
	dst = append(dst, `,"instructions":`...)
	dst = appendOr(dst, r.instructions, "null")
	dst = append(dst, `,"tools":`...)
	dst = r.appendTools(dst)
	dst = append(dst, `,"tool_choice":`...)
	dst = appendOr(dst, r.toolChoice, `"auto"`)
	dst = append(dst, `,"truncation":`...)
	dst = appendOr(dst, r.truncation, `"disabled"`)
	dst = append(dst, `,"parallel_tool_calls":`...)
	dst = appendOr(dst, r.parallel, "true")
	dst = append(dst, `,"text":`...)
	dst = r.appendText(dst)
	dst = append(dst, `,"top_p":`...)
	dst = appendOr(dst, r.topP, "1")
	dst = append(dst, `,"presence_penalty":`...)
	dst = appendOr(dst, r.presence, "0")
	dst = append(dst, `,"frequency_penalty":`...)
	dst = appendOr(dst, r.frequency, "0")
	dst = append(dst, `,"top_logprobs":0,"temperature":`...)
	dst = appendOr(dst, r.temperature, "1")
	dst = append(dst, `,"reasoning":{"effort":`...)
	dst = appendOr(dst, r.reasoning.Get("effort"), "null")
	dst = append(dst, `,"summary":`...)
	dst = appendOr(dst, r.reasoning.Get("summary"), "null")
	dst = append(dst, `},"max_output_tokens":`...)
	dst = appendOr(dst, r.maxOutputTokens, "null")
	dst = append(dst, `,"max_tool_calls":`...)
	dst = appendOr(dst, r.maxTools, "null")
	dst = append(dst, `,"store":`...)
	dst = appendBool(dst, r.Store)
	dst = append(dst, `,"background":`...)
	dst = appendBool(dst, r.Background)
	dst = append(dst, `,"service_tier":`...)
	dst = appendOr(dst, r.serviceTier, `"default"`)
	dst = append(dst, `,"metadata":`...)
	dst = appendOr(dst, r.metadata, "{}")
	dst = append(dst, `,"safety_identifier":`...)
	dst = appendOr(dst, r.safetyIdentifier, "null")
	dst = append(dst, `,"prompt_cache_key":`...)
	dst = appendOr(dst, r.cacheKey, "null")
	if r.user.Set() { // a string, or absent
		dst = append(dst, `,"user":`...)
		dst = append(dst, r.user.Raw()...)
	}
	return dst
}

func (r *Request) appendConversation(dst []byte) []byte {
	if r.Conversation == "" {
		return dst
	}
	dst = append(dst, `,"conversation":{"id":`...)
	dst = jsontext.AppendString(dst, r.Conversation)
	return append(dst, '}')
}

// appendTools appends the tools that the agent may be offered, with all of their keys.
func (r *Request) appendTools(dst []byte) []byte {
	dst = append(dst, '[')
	first := true
	for it := r.tools.Items(); it.Next(); {
		if !isTool(it.Value) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if isCustom(it.Value) {
			dst = appendCustomTool(dst, it.Value)
		} else {
			dst = appendFunctionTool(dst, it.Value)
		}
	}
	return append(dst, ']')
}

func appendFunctionTool(dst []byte, tool jsontext.Value) []byte {
	dst = append(dst, `{"type":"function","name":`...)
	dst = append(dst, tool.Get("name").Raw()...)
	dst = append(dst, `,"description":`...)
	dst = appendOr(dst, tool.Get("description"), "null")
	dst = append(dst, `,"parameters":`...)
	dst = appendOr(dst, tool.Get("parameters"), "null")
	dst = append(dst, `,"strict":`...)
	dst = appendOr(dst, tool.Get("strict"), "null")
	return append(dst, '}')
}

func (r *Request) appendText(dst []byte) []byte {
	dst = append(dst, `{"format":`...)
	format := r.text.Get("format")
	switch kind := format.Get("type"); {
	case kind.Is("json_object"):
		dst = append(dst, `{"type":"json_object"}`...)
	case kind.Is("json_schema"):
		dst = append(dst, `{"type":"json_schema","name":`...)
		dst = append(dst, format.Get("name").Raw()...)
		dst = append(dst, `,"description":`...)
		dst = appendOr(dst, format.Get("description"), "null")
		dst = append(dst, `,"schema":`...)
		dst = append(dst, format.Get("schema").Raw()...)
		dst = append(dst, `,"strict":`...)
		dst = appendOr(dst, format.Get("strict"), "false")
		dst = append(dst, '}')
	default:
		dst = append(dst, `{"type":"text"}`...)
	}
	dst = appendMember(dst, "verbosity", r.text.Get("verbosity"))
	return append(dst, '}')
}

// appendOr appends the value, or the default if it is absent or null.
func appendOr(dst []byte, v jsontext.Value, otherwise string) []byte {
	if !v.Set() {
		return append(dst, otherwise...)
	}
	return append(dst, v.Raw()...)
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}
