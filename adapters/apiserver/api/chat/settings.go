package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// checkUnsupported refuses what this server cannot honour; known reports whether the member is one of those.
func checkUnsupported(name []byte, v jsontext.Value) (err *openai.Error, known bool) {
	switch string(name) {
	case "n":
		if n, ok := v.Int(); v.Set() && (!ok || n != 1) {
			return openai.Unsupported("n", "Only n = 1 is supported: send the request again for another choice."), true
		}
	case "logprobs":
		if on, ok := v.Bool(); v.Set() && (!ok || on) {
			return openai.Unsupported("logprobs", "Log probabilities are not supported."), true
		}
	case "top_logprobs":
		if n, ok := v.Int(); v.Set() && (!ok || n != 0) {
			return openai.Unsupported("top_logprobs", "Log probabilities are not supported."), true
		}
	case "audio":
		if v.Set() {
			return openai.Unsupported("audio", "Audio output is not supported."), true
		}
	case "modalities":
		return checkModalities(v), true
	case "functions", "function_call":
		if v.Set() {
			at := string(name)
			return openai.Unsupported(at, "The deprecated parameter '"+at+"' is not supported: use 'tools' and 'tool_choice'."), true
		}
	default:
		return nil, false
	}
	return nil, true
}

func checkModalities(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, "modalities", jsontext.Array); err != nil {
		return err
	}
	for it := v.Items(); it.Next(); {
		if !it.Value.Is("text") {
			return openai.Unsupported(openai.At("modalities", it.Index), "Only the modality 'text' is supported.")
		}
	}
	return nil
}

// checkSampling checks the settings that the agent gets as they are.
func checkSampling(name []byte, v jsontext.Value) (err *openai.Error, known bool) {
	switch string(name) {
	case "temperature":
		return openai.CheckNumber(v, "temperature", 0, 2), true
	case "top_p":
		return openai.CheckNumber(v, "top_p", 0, 1), true
	case "presence_penalty":
		return openai.CheckNumber(v, "presence_penalty", -2, 2), true
	case "frequency_penalty":
		return openai.CheckNumber(v, "frequency_penalty", -2, 2), true
	case "max_tokens":
		return openai.CheckInt(v, "max_tokens", 1), true
	case "max_completion_tokens":
		return openai.CheckInt(v, "max_completion_tokens", 1), true
	case "seed":
		return openai.CheckInt(v, "seed", -1<<63), true
	case "stop":
		return checkStop(v), true
	case "logit_bias":
		return openai.CheckKind(v, "logit_bias", jsontext.Object), true
	case "reasoning_effort", "verbosity", "user", "service_tier", "safety_identifier", "prompt_cache_key":
		return openai.CheckString(v, string(name)), true
	case "parallel_tool_calls":
		return openai.CheckKind(v, "parallel_tool_calls", jsontext.Bool), true
	}
	return nil, false
}

// maxStops is how many stop sequences the API allows.
const maxStops = 4

func checkStop(v jsontext.Value) *openai.Error {
	if !v.Set() || v.Kind() == jsontext.String {
		return nil
	}
	if v.Kind() != jsontext.Array {
		return openai.WrongType("stop", "a string or an array", v.Kind())
	}
	for it := v.Items(); it.Next(); {
		if it.Index == maxStops {
			return openai.Invalid("stop", "Invalid 'stop': at most 4 sequences are allowed.")
		}
		if it.Value.Kind() != jsontext.String {
			return openai.WrongType(openai.At("stop", it.Index), "a string", it.Value.Kind())
		}
	}
	return nil
}

// checkTools checks the tools, which of them to choose, and the form of the answer.
func checkTools(name []byte, v jsontext.Value) *openai.Error {
	switch string(name) {
	case "tools":
		if err := openai.CheckKind(v, "tools", jsontext.Array); err != nil {
			return err
		}
		for it := v.Items(); it.Next(); {
			if err := checkTool(it.Value); err != nil {
				return err.Within(openai.At("tools", it.Index))
			}
		}
	case "tool_choice":
		if v.Set() && v.Kind() != jsontext.Object {
			return openai.CheckEnum(v, "tool_choice", "none", "auto", "required")
		}
	case "response_format":
		return checkFormat(v)
	}
	return nil
}

func checkTool(tool jsontext.Value) *openai.Error {
	if tool.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", tool.Kind())
	}
	kind := tool.Get("type")
	if err := want(kind, ".type", jsontext.String); err != nil {
		return err
	}
	if !kind.Is("function") {
		return nil
	}
	function := tool.Get("function")
	if err := want(function, ".function", jsontext.Object); err != nil {
		return err
	}
	if err := want(function.Get("name"), ".function.name", jsontext.String); err != nil {
		return err
	}
	return openai.CheckKind(function.Get("parameters"), ".function.parameters", jsontext.Object)
}

func checkFormat(v jsontext.Value) *openai.Error {
	if !v.Set() {
		return nil
	}
	if err := openai.CheckKind(v, "response_format", jsontext.Object); err != nil {
		return err
	}
	kind := v.Get("type")
	if !kind.Set() {
		return openai.Missing("response_format.type")
	}
	if err := openai.CheckEnum(kind, "response_format.type", "text", "json_object", "json_schema"); err != nil {
		return err
	}
	if !kind.Is("json_schema") {
		return nil
	}
	schema := v.Get("json_schema")
	if err := want(schema, "response_format.json_schema", jsontext.Object); err != nil {
		return err
	}
	return want(schema.Get("name"), "response_format.json_schema.name", jsontext.String)
}
