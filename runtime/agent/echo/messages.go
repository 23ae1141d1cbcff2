package echo

import (
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"innkeeper/runtime/agent"
)

// conversation is the checked list of messages.
type conversation struct {
	messages []*fastjson.Value
	tokens   int64 // of all messages
}

// readConversation checks every message and counts its tokens.
func readConversation(list *fastjson.Value) (*conversation, *agent.Failed) {
	if list == nil || list.Type() == fastjson.TypeNull {
		return nil, missing("messages")
	}
	c := &conversation{messages: list.GetArray()}
	if list.Type() != fastjson.TypeArray || len(c.messages) == 0 {
		return nil, agent.BadRequest("messages", "messages must be an array of at least one message")
	}
	for i, m := range c.messages {
		tokens, bad := checkMessage(m)
		if bad != nil {
			param := fmt.Sprintf("messages[%d]%s", i, bad.field)
			return nil, agent.BadRequest(param, "%s %s", param, bad.reason)
		}
		c.tokens += tokens
	}
	return c, nil
}

// fault says what is wrong with which field of a message, so that the path is only put together when it is needed.
type fault struct{ field, reason string }

func checkMessage(m *fastjson.Value) (tokens int64, bad *fault) {
	if m.Type() != fastjson.TypeObject {
		return 0, &fault{"", "must be an object"}
	}
	content := given(m, "content")
	switch string(m.GetStringBytes("role")) {
	case "system", "developer", "user":
	case "assistant":
		if bad := checkToolCalls(given(m, "tool_calls")); bad != nil {
			return 0, bad
		}
		if content == nil && (given(m, "tool_calls") != nil || given(m, "refusal") != nil || given(m, "audio") != nil) {
			return 0, nil
		}
	case "tool":
		if text(m.Get("tool_call_id")) == "" {
			return 0, &fault{".tool_call_id", "must name the call that this is the result of"}
		}
	default:
		return 0, &fault{".role", "must be one of system, developer, user, assistant, tool"}
	}
	if content == nil {
		return 0, &fault{".content", "is required"}
	}
	said, bad := contentText(content)
	return countTokens(said), bad
}

func checkToolCalls(calls *fastjson.Value) *fault {
	if calls == nil {
		return nil
	}
	if calls.Type() != fastjson.TypeArray {
		return &fault{".tool_calls", "must be an array"}
	}
	for i, c := range calls.GetArray() {
		if text(c.Get("id")) == "" {
			return &fault{fmt.Sprintf(".tool_calls[%d].id", i), "is required"}
		}
	}
	return nil
}

func (c *conversation) endsWithTool() bool { return role(c.messages[len(c.messages)-1]) == "tool" }

func role(m *fastjson.Value) string { return text(m.Get("role")) }

// echo returns what is to be said again: the tool results at the end, else the last user message, else the last
// message of all.
func (c *conversation) echo() string {
	if c.endsWithTool() {
		return c.toolResults()
	}
	last := c.messages[len(c.messages)-1]
	for i := len(c.messages) - 1; i >= 0; i-- {
		if role(c.messages[i]) == "user" {
			last = c.messages[i]
			break
		}
	}
	return said(last)
}

// toolResults has a line for each tool message after the last message of another role.
func (c *conversation) toolResults() string {
	start := len(c.messages)
	for start > 0 && role(c.messages[start-1]) == "tool" {
		start--
	}
	var lines []string
	for _, m := range c.messages[start:] {
		lines = append(lines, "tool "+c.toolName(text(m.Get("tool_call_id")))+" said: "+said(m))
	}
	return strings.Join(lines, "\n")
}

// toolName finds the function that was called under an id; an unknown id stands for itself.
func (c *conversation) toolName(id string) string {
	for i := len(c.messages) - 1; i >= 0; i-- {
		for _, call := range c.messages[i].GetArray("tool_calls") {
			if text(call.Get("id")) != id {
				continue
			}
			for _, kind := range []string{"function", "custom"} {
				if name := text(call.Get(kind, "name")); name != "" {
					return name
				}
			}
		}
	}
	return id
}

// said returns the text of a checked message, as valid UTF-8.
func said(m *fastjson.Value) string {
	content := given(m, "content")
	if content == nil {
		return ""
	}
	b, _ := contentText(content)
	return strings.ToValidUTF8(string(b), "�")
}
