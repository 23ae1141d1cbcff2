package echo

import (
	"fmt"
	"slices"

	"github.com/valyala/fastjson"

	"innkeeper/runtime/agent"
)

// tool is a function on offer.
type tool struct {
	name       string
	parameters *fastjson.Value // a JSON schema
	param      string          // where it stands in the request
}

// chooseTool returns the tool to call, nil to answer in text.
//
// https://platform.openai.com/docs/api-reference/chat/create#chat-create-tool_choice
func chooseTool(root *fastjson.Value) (*tool, *agent.Failed) {
	offered := readTools(root)
	choice := root.Get("tool_choice")
	mode := text(choice)
	switch text(choice.Get("type")) {
	case "function":
		mode, offered = "required", named(offered, choice)
	case "allowed_tools":
		mode, offered = text(choice.Get("allowed_tools", "mode")), named(offered, choice.GetArray("allowed_tools", "tools")...)
	}
	switch {
	case mode == "none":
		return nil, nil
	case len(offered) > 0:
		return offered[0], nil
	case mode == "required":
		return nil, agent.BadRequest("tool_choice", "tool_choice asks for a call, but no such function is offered in tools")
	}
	return nil, nil
}

// readTools returns the functions among the tools. Tools of other types are for others to use.
func readTools(root *fastjson.Value) (tools []*tool) {
	for i, v := range root.GetArray("tools") {
		t := &tool{name: text(v.Get("function", "name")), parameters: v.Get("function", "parameters"), param: fmt.Sprintf("tools[%d]", i)}
		if text(v.Get("type")) != "function" || t.name == "" {
			continue
		}
		if t.parameters == nil || t.parameters.Type() == fastjson.TypeNull {
			t.parameters = fastjson.MustParse("true") // it takes none, or any
		}
		tools = append(tools, t)
	}
	return tools
}

// named returns the tools that are named, as {"type":"function","function":{"name":…}}.
func named(tools []*tool, names ...*fastjson.Value) []*tool {
	wanted := map[string]bool{}
	for _, v := range names {
		wanted[text(v.Get("function", "name"))] = true
	}
	return slices.DeleteFunc(tools, func(t *tool) bool { return !wanted[t.name] })
}
