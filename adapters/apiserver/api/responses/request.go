// Package responses is the wire of POST /v1/responses: what a request may hold, what the agent is asked for it, and the
// bytes of a Response object and of its stream. https://platform.openai.com/docs/api-reference/responses
//
// It is pure: bytes in, bytes out. It knows nothing of exchanges, turns and the store.
package responses

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Request is a checked request body. It lives as long as the document that it was read from.
type Request struct {
	Model        string // "" if none was named
	Stream       bool
	Store        bool // true unless the client says otherwise
	Background   bool
	PreviousID   string
	Conversation string

	input, instructions         jsontext.Value
	tools, toolChoice, parallel jsontext.Value
	text, reasoning             jsontext.Value
	maxOutputTokens, maxTools   jsontext.Value
	temperature, topP           jsontext.Value
	presence, frequency         jsontext.Value
	metadata, truncation        jsontext.Value
	serviceTier, user           jsontext.Value
	safetyIdentifier, cacheKey  jsontext.Value
}

// Decode checks the body. Members that are not known here are accepted and ignored, as clients send many.
func Decode(body jsontext.Value) (Request, *openai.Error) {
	r := Request{Store: true}
	for m := body.Members(); m.Next(); {
		if err := r.member(m.Name(), m.Value); err != nil {
			return r, err
		}
	}
	if !r.input.Set() {
		return r, openai.Missing("input")
	}
	if err := r.checkSources(); err != nil {
		return r, err
	}
	if r.Background && !r.Store {
		return r, openai.Invalid("background", "Background responses have to be stored: 'background' needs 'store' to be true.")
	}
	return r, r.checkToolUse()
}

// checkSources checks where the conversation comes from.
func (r *Request) checkSources() *openai.Error {
	if k := r.input.Kind(); r.input.Set() && k != jsontext.String && k != jsontext.Array {
		return openai.WrongType("input", "a string or an array", k)
	}
	if r.PreviousID != "" && r.Conversation != "" {
		return openai.Invalid("conversation", "'conversation' and 'previous_response_id' cannot be used together.")
	}
	return nil
}

// Summarize reports whether the client wants summaries of the agent's reasoning.
func (r *Request) Summarize() bool { return r.reasoning.Get("summary").Set() }

// member checks and keeps one member of the body.
func (r *Request) member(name []byte, v jsontext.Value) *openai.Error {
	switch string(name) {
	case "input":
		r.input = v
	case "model":
		r.Model = v.Text()
		return openai.CheckString(v, "model")
	case "instructions":
		r.instructions = v
		return openai.CheckString(v, "instructions")
	case "previous_response_id":
		r.PreviousID = v.Text()
		return openai.CheckString(v, "previous_response_id")
	case "conversation":
		return r.setConversation(v)
	case "stream":
		r.Stream, _ = v.Bool()
		return openai.CheckKind(v, "stream", jsontext.Bool)
	case "store":
		if v.Set() {
			r.Store, _ = v.Bool()
		}
		return openai.CheckKind(v, "store", jsontext.Bool)
	case "background":
		r.Background, _ = v.Bool()
		return openai.CheckKind(v, "background", jsontext.Bool)
	case "tools":
		r.tools = v
		return checkTools(v)
	case "tool_choice":
		r.toolChoice = v
		return checkToolChoice(v)
	case "text":
		r.text = v
		return checkText(v)
	case "reasoning":
		r.reasoning = v
		return checkReasoning(v)
	case "metadata":
		r.metadata = v
		return openai.CheckMetadata(v, "metadata")
	case "prompt":
		if v.Set() {
			return openai.Unsupported("prompt", "Prompt templates are not supported: send 'instructions' and 'input'.")
		}
	case "include":
		return checkInclude(v)
	default:
		return r.setting(name, v)
	}
	return nil
}

// setting checks and keeps a plain value.
func (r *Request) setting(name []byte, v jsontext.Value) *openai.Error {
	switch string(name) {
	case "temperature":
		r.temperature = v
		return openai.CheckNumber(v, "temperature", 0, 2)
	case "top_p":
		r.topP = v
		return openai.CheckNumber(v, "top_p", 0, 1)
	case "presence_penalty":
		r.presence = v
		return openai.CheckNumber(v, "presence_penalty", -2, 2)
	case "frequency_penalty":
		r.frequency = v
		return openai.CheckNumber(v, "frequency_penalty", -2, 2)
	case "max_output_tokens":
		r.maxOutputTokens = v
		return openai.CheckInt(v, "max_output_tokens", 1)
	case "max_tool_calls":
		r.maxTools = v
		return openai.CheckInt(v, "max_tool_calls", 1)
	case "parallel_tool_calls":
		r.parallel = v
		return openai.CheckKind(v, "parallel_tool_calls", jsontext.Bool)
	case "truncation":
		r.truncation = v
		return openai.CheckEnum(v, "truncation", "auto", "disabled")
	case "service_tier":
		r.serviceTier = v
		return openai.CheckString(v, "service_tier")
	case "user":
		r.user = v
		return openai.CheckString(v, "user")
	case "safety_identifier":
		r.safetyIdentifier = v
		return openai.CheckString(v, "safety_identifier")
	case "prompt_cache_key":
		r.cacheKey = v
		return openai.CheckString(v, "prompt_cache_key")
	case "top_logprobs":
		if n, ok := v.Int(); v.Set() && (!ok || n != 0) {
			return openai.Unsupported("top_logprobs", "Log probabilities are not supported.")
		}
	case "stream_options":
		return openai.CheckKind(v, "stream_options", jsontext.Object)
	}
	return nil
}

// setConversation takes a name, or an object with an id, as the official clients send it.
func (r *Request) setConversation(v jsontext.Value) *openai.Error {
	if v.Kind() == jsontext.Object {
		v = v.Get("id")
		if v.Kind() != jsontext.String {
			return openai.WrongType("conversation.id", "a string", v.Kind())
		}
	}
	if err := openai.CheckString(v, "conversation"); err != nil {
		return err
	}
	if r.Conversation = v.Text(); len(r.Conversation) > maxConversation {
		return openai.Invalid("conversation", "Invalid 'conversation': at most 256 bytes are allowed.")
	}
	return nil
}

// maxConversation is the longest name of a conversation, in bytes.
const maxConversation = 256

func checkInclude(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, "include", jsontext.Array); err != nil {
		return err
	}
	for it := v.Items(); it.Next(); {
		at := openai.At("include", it.Index)
		if it.Value.Kind() != jsontext.String {
			return openai.WrongType(at, "a string", it.Value.Kind())
		}
		if it.Value.Is("message.output_text.logprobs") {
			return openai.Unsupported(at, "Log probabilities are not supported.")
		}
	}
	return nil
}

func checkReasoning(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, "reasoning", jsontext.Object); err != nil {
		return err
	}
	if err := openai.CheckString(v.Get("effort"), "reasoning.effort"); err != nil {
		return err
	}
	return openai.CheckString(v.Get("summary"), "reasoning.summary")
}

func checkText(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, "text", jsontext.Object); err != nil {
		return err
	}
	if err := openai.CheckString(v.Get("verbosity"), "text.verbosity"); err != nil {
		return err
	}
	format := v.Get("format")
	if !format.Set() {
		return nil
	}
	if err := openai.CheckKind(format, "text.format", jsontext.Object); err != nil {
		return err
	}
	kind := format.Get("type")
	if !kind.Set() {
		return openai.Missing("text.format.type")
	}
	if err := openai.CheckEnum(kind, "text.format.type", "text", "json_object", "json_schema"); err != nil {
		return err
	}
	if !kind.Is("json_schema") {
		return nil
	}
	if err := want(format.Get("name"), "text.format.name", jsontext.String); err != nil {
		return err
	}
	return want(format.Get("schema"), "text.format.schema", jsontext.Object)
}

// want is a field that has to be there.
func want(v jsontext.Value, param string, kind jsontext.Kind) *openai.Error {
	if !v.Set() {
		return openai.Missing(param)
	}
	return openai.CheckKind(v, param, kind)
}
