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
	parameters *fastjson.Value
	param      string // where it stands in the request
}

// chooseTool returns the tool to call, or nil to answer in text. After a tool result it always does the latter, or a
// client that runs tools in a loop would never come to an end.
func chooseTool(root *fastjson.Value, afterTool bool) (*tool, *agent.Failed) {
	offered, failed := readTools(given(root, "tools"))
	if failed != nil {
		return nil, failed
	}
	chosen, must, failed := narrow(offered, given(root, "tool_choice"))
	if failed != nil {
		return nil, failed
	}
	if must && len(chosen) == 0 {
		return nil, agent.BadRequest("tool_choice", "tool_choice asks for a call, but no such function is offered in tools")
	}
	if afterTool || len(chosen) == 0 {
		return nil, nil
	}
	return chosen[0], nil
}

// readTools returns the functions among the tools. Tools of other types are for others to use.
func readTools(list *fastjson.Value) ([]*tool, *agent.Failed) {
	if list == nil {
		return nil, nil
	}
	if list.Type() != fastjson.TypeArray {
		return nil, agent.BadRequest("tools", "tools must be an array")
	}
	var out []*tool
	for i, v := range list.GetArray() {
		param := fmt.Sprintf("tools[%d]", i)
		if text(v.Get("type")) == "" {
			return nil, missing(param + ".type")
		}
		if text(v.Get("type")) != "function" {
			continue
		}
		t := &tool{name: text(v.Get("function", "name")), parameters: anySchema(), param: param}
		if t.name == "" {
			return nil, missing(param + ".function.name")
		}
		if p := given(v, "function").Get("parameters"); p != nil && p.Type() != fastjson.TypeNull {
			if p.Type() != fastjson.TypeObject {
				return nil, agent.BadRequest(param+".function.parameters", "parameters must be a JSON schema, an object")
			}
			t.parameters = p
		}
		out = append(out, t)
	}
	return out, nil
}

// anySchema allows anything, as a function without parameters does.
func anySchema() *fastjson.Value {
	var a fastjson.Arena
	return a.NewObject()
}

// narrow applies tool_choice to the functions on offer, and tells whether a call is demanded.
//
// https://platform.openai.com/docs/api-reference/chat/create#chat-create-tool_choice
func narrow(offered []*tool, choice *fastjson.Value) (chosen []*tool, must bool, failed *agent.Failed) {
	if choice == nil {
		return offered, false, nil
	}
	mode := text(choice)
	if choice.Type() == fastjson.TypeObject {
		switch text(choice.Get("type")) {
		case "function":
			return named(offered, []string{text(choice.Get("function", "name"))}), true, nil
		case "allowed_tools":
			var names []string
			for _, t := range choice.GetArray("allowed_tools", "tools") {
				names = append(names, text(t.Get("function", "name")))
			}
			offered = named(offered, names)
			mode = text(choice.Get("allowed_tools", "mode"))
		}
	}
	switch mode {
	case "none":
		return nil, false, nil
	case "auto":
		return offered, false, nil
	case "required":
		return offered, true, nil
	}
	return nil, false, agent.BadRequest("tool_choice", "tool_choice must be none, auto, required, a function or allowed_tools")
}

func named(offered []*tool, names []string) []*tool {
	var out []*tool
	for _, t := range offered {
		if slices.Contains(names, t.name) {
			out = append(out, t)
		}
	}
	return out
}
