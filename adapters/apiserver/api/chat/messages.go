package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// checkMessages checks the conversation. https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
func checkMessages(v jsontext.Value) *openai.Error {
	if v.Kind() != jsontext.Array {
		return openai.WrongType("messages", "an array", v.Kind())
	}
	if v.Empty() {
		return openai.Invalid("messages", "Invalid 'messages': at least one message is needed.")
	}
	for it := v.Items(); it.Next(); {
		if err := checkMessage(it.Value); err != nil {
			return err.Within(openai.At("messages", it.Index))
		}
	}
	return nil
}

// checkMessage names fields relative to the message, such as ".content"; names are put together only for an error.
func checkMessage(message jsontext.Value) *openai.Error {
	if message.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", message.Kind())
	}
	var role, content, calls, legacy, refusal, audio, callID jsontext.Value
	for m := message.Members(); m.Next(); {
		switch string(m.Name()) {
		case "role":
			role = m.Value
		case "content":
			content = m.Value
		case "tool_calls":
			calls = m.Value
		case "function_call":
			legacy = m.Value
		case "refusal":
			refusal = m.Value
		case "audio":
			audio = m.Value
		case "tool_call_id":
			callID = m.Value
		}
	}
	switch {
	case role.Kind() == jsontext.None:
		return openai.Missing(".role")
	case role.Kind() != jsontext.String:
		return openai.WrongType(".role", "a string", role.Kind())
	}
	switch string(role.Inside()) {
	case "user", "system", "developer":
		return checkContent(content)
	case "assistant":
		if !content.Set() && (calls.Set() || legacy.Set() || refusal.Set() || audio.Set()) {
			return checkCalls(calls)
		}
		if err := checkContent(content); err != nil {
			return err
		}
		return checkCalls(calls)
	case "tool":
		if !callID.Set() {
			return openai.Missing(".tool_call_id")
		}
		if err := openai.CheckString(callID, ".tool_call_id"); err != nil {
			return err
		}
		return checkContent(content)
	case "function":
		return openai.CheckString(content, ".content")
	}
	return openai.Invalid(".role", "Invalid value for '.role': supported are 'developer', 'system', 'user', 'assistant' and 'tool'.")
}

func checkContent(v jsontext.Value) *openai.Error {
	switch v.Kind() {
	case jsontext.String:
		return nil
	case jsontext.Array:
	case jsontext.None, jsontext.Null:
		return openai.Missing(".content")
	default:
		return openai.WrongType(".content", "a string or an array", v.Kind())
	}
	for it := v.Items(); it.Next(); {
		if err := checkPart(it.Value); err != nil {
			return err.Within(openai.At(".content", it.Index))
		}
	}
	return nil
}

// checkPart checks a part of a kind that is known here; others are the agent's to judge.
func checkPart(part jsontext.Value) *openai.Error {
	if part.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", part.Kind())
	}
	kind := part.Get("type")
	switch {
	case kind.Kind() == jsontext.None:
		return openai.Missing(".type")
	case kind.Kind() != jsontext.String:
		return openai.WrongType(".type", "a string", kind.Kind())
	case kind.Is("text"):
		return want(part.Get("text"), ".text", jsontext.String)
	case kind.Is("refusal"):
		return want(part.Get("refusal"), ".refusal", jsontext.String)
	case kind.Is("image_url"):
		image := part.Get("image_url")
		if err := want(image, ".image_url", jsontext.Object); err != nil {
			return err
		}
		return want(image.Get("url"), ".image_url.url", jsontext.String)
	}
	return nil
}

func checkCalls(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, ".tool_calls", jsontext.Array); err != nil {
		return err
	}
	for it := v.Items(); it.Next(); {
		if err := checkCall(it.Value); err != nil {
			return err.Within(openai.At(".tool_calls", it.Index))
		}
	}
	return nil
}

func checkCall(call jsontext.Value) *openai.Error {
	if call.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", call.Kind())
	}
	if err := want(call.Get("id"), ".id", jsontext.String); err != nil {
		return err
	}
	if !call.Get("type").Is("function") {
		return nil
	}
	function := call.Get("function")
	if err := want(function, ".function", jsontext.Object); err != nil {
		return err
	}
	if err := want(function.Get("name"), ".function.name", jsontext.String); err != nil {
		return err
	}
	return openai.CheckString(function.Get("arguments"), ".function.arguments")
}

// want is a field that has to be there.
func want(v jsontext.Value, param string, kind jsontext.Kind) *openai.Error {
	if v.Kind() == jsontext.None {
		return openai.Missing(param)
	}
	if v.Kind() != kind {
		return openai.WrongType(param, kind.String(), v.Kind())
	}
	return nil
}
