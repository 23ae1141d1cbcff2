package echo

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
)

// conversation is the list of messages.
type conversation struct {
	messages []jsontext.Value
	tokens   int64 // of all messages
}

// readConversation looks at the content of every message and counts its tokens, for as long as somebody waits.
func readConversation(ctx context.Context, root jsontext.Value) (*conversation, *agent.Failed) {
	list := root.Get("messages")
	if list.Kind() != jsontext.Array || list.Empty() {
		return nil, agent.BadRequest("messages", "messages must be an array of at least one message")
	}
	c := &conversation{messages: make([]jsontext.Value, 0, list.Len())}
	for m := list.Items(); m.Next(); {
		said, bad := contentText(m.Value.Get("content"))
		if m.Value.Kind() != jsontext.Object {
			bad = &fault{"", "must be an object"}
		}
		if bad != nil {
			param := fmt.Sprintf("messages[%d]%s", m.Index, bad.field)
			return nil, agent.BadRequest(param, "%s %s", param, bad.reason)
		}
		tokens, ok := countTokens(ctx, said)
		if !ok || m.Index%lookEvery == lookEvery-1 && ctx.Err() != nil {
			return nil, agent.BadRequest("", "the turn was ended")
		}
		c.messages, c.tokens = append(c.messages, m.Value), c.tokens+tokens
	}
	return c, nil
}

func (c *conversation) last() jsontext.Value { return c.messages[len(c.messages)-1] }

func (c *conversation) endsWithTool() bool { return c.last().Get("role").Is("tool") }

// echo returns what is to be said again: the tool results at the end, else the last user message, else the last
// message of all.
func (c *conversation) echo() string {
	if c.endsWithTool() {
		return c.toolResults()
	}
	for i := len(c.messages) - 1; i >= 0; i-- {
		if c.messages[i].Get("role").Is("user") {
			return said(c.messages[i])
		}
	}
	return said(c.last())
}

// toolResults has a line for each tool message after the last message of another role.
func (c *conversation) toolResults() string {
	start := len(c.messages)
	for start > 0 && c.messages[start-1].Get("role").Is("tool") {
		start--
	}
	names := toolNames(c.messages[:start])
	var lines []string
	for _, m := range c.messages[start:] {
		id := m.Get("tool_call_id").Text()
		lines = append(lines, "tool "+cmp.Or(names[id], id)+" said: "+said(m))
	}
	return strings.Join(lines, "\n")
}

// toolNames returns the names of the functions that were called, by the ids of the calls. A name is said once for each of its
// results, so it must be none that is longer than a name can be.
func toolNames(messages []jsontext.Value) map[string]string {
	names := map[string]string{}
	for _, m := range messages {
		for call := m.Get("tool_calls").Items(); call.Next(); {
			name := cmp.Or(get(call.Value, "function", "name").Text(), get(call.Value, "custom", "name").Text())
			if len(name) <= maxName {
				names[call.Value.Get("id").Text()] = name
			}
		}
	}
	return names
}

// said returns the text of a message.
func said(m jsontext.Value) string {
	b, _ := contentText(m.Get("content"))
	return string(b)
}
