package responses

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Clients offer tools of many types, such as web_search and namespace. Functions and custom tools go to the agent; the
// others are accepted and left out, and what is left out does not show up in the Response object either.

func checkTools(v jsontext.Value) *openai.Error {
	if err := openai.CheckKind(v, "tools", jsontext.Array); err != nil {
		return err
	}
	for it := v.Items(); it.Next(); {
		if err := checkTool(it.Value); err != nil {
			return err.Within(openai.At("tools", it.Index))
		}
	}
	return nil
}

func checkTool(tool jsontext.Value) *openai.Error {
	if tool.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", tool.Kind())
	}
	if err := want(tool.Get("type"), ".type", jsontext.String); err != nil {
		return err
	}
	if !isTool(tool) {
		return nil
	}
	if err := want(tool.Get("name"), ".name", jsontext.String); err != nil {
		return err
	}
	if err := openai.CheckString(tool.Get("description"), ".description"); err != nil {
		return err
	}
	if isCustom(tool) {
		return openai.CheckKind(tool.Get("format"), ".format", jsontext.Object)
	}
	return openai.CheckKind(tool.Get("parameters"), ".parameters", jsontext.Object)
}

func isFunction(v jsontext.Value) bool { return v.Get("type").Is("function") }

func isCustom(v jsontext.Value) bool { return v.Get("type").Is("custom") }

// isTool reports whether a tool, or a choice of one, is of a type that the agent can be offered.
func isTool(v jsontext.Value) bool { return isFunction(v) || isCustom(v) }

func checkToolChoice(v jsontext.Value) *openai.Error {
	if v.Kind() != jsontext.Object {
		return openai.CheckEnum(v, "tool_choice", "none", "auto", "required")
	}
	kind := v.Get("type")
	switch {
	case isTool(v):
		return want(v.Get("name"), "tool_choice.name", jsontext.String)
	case kind.Is("allowed_tools"):
		if err := want(v.Get("tools"), "tool_choice.tools", jsontext.Array); err != nil {
			return err
		}
		return openai.CheckEnum(v.Get("mode"), "tool_choice.mode", "auto", "required")
	}
	return openai.Unsupported("tool_choice.type", "Only the choices 'function', 'custom' and 'allowed_tools' are supported for 'tool_choice.type'.")
}

// checkToolUse refuses a choice that no offered function can satisfy.
func (r *Request) checkToolUse() *openai.Error {
	choice := r.toolChoice
	if choice.Is("required") && !r.hasTools() {
		return openai.Invalid("tool_choice", "'tool_choice' is 'required', but no function or custom tool is offered in 'tools'.")
	}
	if isTool(choice) && !r.offers(choice) {
		return openai.Invalid("tool_choice.name", "The tool of 'tool_choice' is not among 'tools'.")
	}
	return nil
}

func (r *Request) hasTools() bool {
	for it := r.tools.Items(); it.Next(); {
		if r.allowed(it.Value) {
			return true
		}
	}
	return false
}

func (r *Request) offers(choice jsontext.Value) bool { return contains(r.tools, choice) }

// contains reports whether a list has a tool of that type and name.
func contains(list, tool jsontext.Value) bool {
	kind, name := tool.Get("type").Text(), tool.Get("name").Text()
	for it := list.Items(); it.Next(); {
		if it.Value.Get("type").Is(kind) && it.Value.Get("name").Is(name) {
			return true
		}
	}
	return false
}

// allowed reports whether the agent is offered the tool: of a type that it knows, and among the allowed ones if the choice
// names some.
func (r *Request) allowed(tool jsontext.Value) bool {
	if !isTool(tool) {
		return false
	}
	if !r.toolChoice.Get("type").Is("allowed_tools") {
		return true
	}
	return contains(r.toolChoice.Get("tools"), tool)
}

// appendTurnTools appends the members tools, tool_choice and parallel_tool_calls for the agent; nothing if it is offered
// no tool, as upstreams refuse a choice without tools.
func (r *Request) appendTurnTools(dst []byte) []byte {
	if !r.hasTools() {
		return dst
	}
	dst = append(dst, `,"tools":[`...)
	first := true
	for it := r.tools.Items(); it.Next(); {
		if !r.allowed(it.Value) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"type":"function","function":`...)
		if isCustom(it.Value) {
			dst = appendCustomFunction(dst, it.Value)
		} else {
			dst = appendFunction(dst, it.Value)
		}
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	dst = r.appendTurnChoice(dst)
	return appendMember(dst, "parallel_tool_calls", r.parallel)
}

// appendFunction appends the function object that the agent gets of a function.
func appendFunction(dst []byte, tool jsontext.Value) []byte {
	dst = append(dst, `{"name":`...)
	dst = append(dst, tool.Get("name").Raw()...)
	dst = appendMember(dst, "description", tool.Get("description"))
	dst = appendMember(dst, "parameters", tool.Get("parameters"))
	dst = appendMember(dst, "strict", tool.Get("strict"))
	return append(dst, '}')
}

func (r *Request) appendTurnChoice(dst []byte) []byte {
	switch choice := r.toolChoice; {
	case !choice.Set():
		return dst
	case choice.Kind() == jsontext.String:
		return appendMember(dst, "tool_choice", choice)
	case isTool(choice):
		dst = append(dst, `,"tool_choice":{"type":"function","function":{"name":`...)
		dst = append(dst, choice.Get("name").Raw()...)
		return append(dst, "}}"...)
	default:
		return appendMember(dst, "tool_choice", choice.Get("mode"))
	}
}

// appendMember appends ,"name":value, or nothing for a value that is absent or null.
func appendMember(dst []byte, name string, v jsontext.Value) []byte {
	if !v.Set() {
		return dst
	}
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return append(dst, v.Raw()...)
}
