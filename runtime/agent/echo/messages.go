package echo

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"innkeeper/runtime/agent"
)

// conversation is the list of messages.
type conversation struct {
	messages []*fastjson.Value
	tokens   int64 // of all messages
}

// readConversation looks at the content of every message and counts its tokens.
func readConversation(root *fastjson.Value) (*conversation, *agent.Failed) {
	c := &conversation{messages: root.GetArray("messages")}
	if len(c.messages) == 0 {
		return nil, agent.BadRequest("messages", "messages must be an array of at least one message")
	}
	for i, m := range c.messages {
		said, bad := contentText(m.Get("content"))
		if m.Type() != fastjson.TypeObject {
			bad = &fault{"", "must be an object"}
		}
		if bad != nil {
			param := fmt.Sprintf("messages[%d]%s", i, bad.field)
			return nil, agent.BadRequest(param, "%s %s", param, bad.reason)
		}
		c.tokens += countTokens(said)
	}
	return c, nil
}

func (c *conversation) last() *fastjson.Value { return c.messages[len(c.messages)-1] }

func (c *conversation) endsWithTool() bool { return text(c.last().Get("role")) == "tool" }

// echo returns what is to be said again: the tool results at the end, else the last user message, else the last
// message of all.
func (c *conversation) echo() string {
	if c.endsWithTool() {
		return c.toolResults()
	}
	for i := len(c.messages) - 1; i >= 0; i-- {
		if text(c.messages[i].Get("role")) == "user" {
			return said(c.messages[i])
		}
	}
	return said(c.last())
}

// toolResults has a line for each tool message after the last message of another role.
func (c *conversation) toolResults() string {
	start := len(c.messages)
	for start > 0 && text(c.messages[start-1].Get("role")) == "tool" {
		start--
	}
	names := toolNames(c.messages[:start])
	var lines []string
	for _, m := range c.messages[start:] {
		id := text(m.Get("tool_call_id"))
		lines = append(lines, "tool "+cmp.Or(names[id], id)+" said: "+said(m))
	}
	return strings.Join(lines, "\n")
}

// toolNames returns the names of the functions that were called, by the ids of the calls.
func toolNames(messages []*fastjson.Value) map[string]string {
	names := map[string]string{}
	for _, m := range messages {
		for _, call := range m.GetArray("tool_calls") {
			names[text(call.Get("id"))] = cmp.Or(text(call.Get("function", "name")), text(call.Get("custom", "name")))
		}
	}
	return names
}

// said returns the text of a message, as valid UTF-8.
func said(m *fastjson.Value) string {
	b, _ := contentText(m.Get("content"))
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
