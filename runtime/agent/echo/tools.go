package echo

import (
	"fmt"
	"slices"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
)

// tool is a function on offer.
type tool struct {
	name       string
	parameters jsontext.Value // a JSON schema
	param      string         // where it stands in the request
}

// maxName is the longest name of a function, in bytes. OpenAI's bound is 64 or 128, depending on the endpoint.
const maxName = 256

// chooseTool returns the tool to call, nil to answer in text.
//
// https://platform.openai.com/docs/api-reference/chat/create#chat-create-tool_choice
func chooseTool(root jsontext.Value) (*tool, *agent.Failed) {
	offered := readTools(root)
	choice := root.Get("tool_choice")
	mode := choice
	switch kind := choice.Get("type"); {
	case kind.Is("function"):
		return firstOf(named(offered, nameOf(choice)), true)
	case kind.Is("allowed_tools"):
		mode = get(choice, "allowed_tools", "mode")
		offered = named(offered, namesOf(get(choice, "allowed_tools", "tools"))...)
	}
	if mode.Is("none") {
		return nil, nil
	}
	return firstOf(offered, mode.Is("required"))
}

// firstOf returns the tool that is called of those on offer.
func firstOf(offered []*tool, required bool) (*tool, *agent.Failed) {
	switch {
	case len(offered) > 0 && len(offered[0].name) > maxName:
		return nil, agent.BadRequest(offered[0].param+".function.name", "the name of a function has at most %d bytes", maxName)
	case len(offered) > 0:
		return offered[0], nil
	case required:
		return nil, agent.BadRequest("tool_choice", "tool_choice asks for a call, but no such function is offered in tools")
	}
	return nil, nil
}

// readTools returns the functions among the tools. Tools of other types are for others to use.
func readTools(root jsontext.Value) (tools []*tool) {
	for v := root.Get("tools").Items(); v.Next(); {
		function := v.Value.Get("function")
		if !v.Value.Get("type").Is("function") || function.Get("name").Kind() != jsontext.String || function.Get("name").Empty() {
			continue
		}
		t := &tool{name: function.Get("name").Text(), parameters: function.Get("parameters"), param: fmt.Sprintf("tools[%d]", v.Index)}
		if !t.parameters.Set() {
			t.parameters = schema("true") // it takes none, or any
		}
		tools = append(tools, t)
	}
	return tools
}

// schema is a JSON schema that is written here.
func schema(text string) jsontext.Value {
	var doc jsontext.Doc
	_ = doc.Parse([]byte(text)) // it is one
	return doc.Root()
}

// nameOf returns the name in {"type":"function","function":{"name":…}}.
func nameOf(v jsontext.Value) string { return get(v, "function", "name").Text() }

func namesOf(list jsontext.Value) (names []string) {
	for v := list.Items(); v.Next(); {
		if name := nameOf(v.Value); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// named returns the tools with one of the names.
func named(tools []*tool, names ...string) []*tool {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	return slices.DeleteFunc(tools, func(t *tool) bool { return !wanted[t.name] })
}
