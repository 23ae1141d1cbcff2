package responses

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Resolve finds the stored item of that id, for items of type item_reference. The value has to live until the next call.
type Resolve func(id string) (item jsontext.Value, ok bool)

// AppendMessages appends the input as chat messages, with commas between them, after the history that dst holds if it is
// not empty. A call and the text before it become one message, as chat completions want it.
func (r *Request) AppendMessages(dst []byte, resolve Resolve) ([]byte, *openai.Error) {
	c := conversation{dst: dst, resolve: resolve}
	if r.input.Kind() == jsontext.String {
		c.open("user")
		c.dst = append(c.dst, r.input.Raw()...)
		c.dst = append(c.dst, '}')
		return c.dst, nil
	}
	for it := r.input.Items(); it.Next(); {
		if err := c.item(it.Value); err != nil {
			return nil, err.Within(openai.At("input", it.Index))
		}
	}
	c.flush()
	if len(c.dst) == 0 {
		return nil, openai.Invalid("input", "Invalid 'input': at least one message is needed.")
	}
	return c.dst, nil
}

// conversation writes chat messages. An assistant's message is held back until what follows is known not to be a call.
type conversation struct {
	dst     []byte
	resolve Resolve

	held    bool
	content []byte // of the message held back, as JSON; empty for none
	calls   []byte // entries of its tool_calls
}

// open starts a message up to its content.
func (c *conversation) open(role string) {
	if len(c.dst) > 0 {
		c.dst = append(c.dst, ',')
	}
	c.dst = append(c.dst, `{"role":"`...)
	c.dst = append(c.dst, role...)
	c.dst = append(c.dst, `","content":`...)
}

// flush writes the message that was held back.
func (c *conversation) flush() {
	if !c.held {
		return
	}
	c.open("assistant")
	if len(c.content) > 0 {
		c.dst = append(c.dst, c.content...)
	} else {
		c.dst = append(c.dst, "null"...)
	}
	if len(c.calls) > 0 {
		c.dst = append(c.dst, `,"tool_calls":[`...)
		c.dst = append(c.dst, c.calls...)
		c.dst = append(c.dst, ']')
	}
	c.dst = append(c.dst, '}')
	c.held, c.content, c.calls = false, c.content[:0], c.calls[:0]
}

// item takes one input item. https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
func (c *conversation) item(item jsontext.Value) *openai.Error {
	if item.Kind() != jsontext.Object {
		return openai.WrongType("", "an object", item.Kind())
	}
	kind := item.Get("type")
	if err := openai.CheckString(kind, ".type"); err != nil {
		return err
	}
	switch {
	case kind.Is("message"), !kind.Set() && item.Get("role").Set():
		return c.message(item)
	case kind.Is("function_call"), kind.Is("custom_tool_call"):
		return c.call(item)
	case kind.Is("function_call_output"), kind.Is("custom_tool_call_output"):
		return c.output(item)
	case kind.Is("compaction"), kind.Is("compaction_summary"):
		return c.compaction(item)
	case kind.Is("reasoning"):
		return nil // the agent reasons anew; what it thought before is the client's to keep
	case kind.Is("item_reference"):
		return c.reference(item)
	case !kind.Set():
		return openai.Missing(".type")
	}
	return openai.Unsupported(".type", "Input items of the type '"+kind.Text()+"' are not supported.")
}

func (c *conversation) reference(item jsontext.Value) *openai.Error {
	id := item.Get("id")
	if err := want(id, ".id", jsontext.String); err != nil {
		return err
	}
	if c.resolve != nil {
		if found, ok := c.resolve(id.Text()); ok && !found.Get("type").Is("item_reference") {
			return c.item(found)
		}
	}
	return openai.NotFound(".id", "item_not_found", "Item with id '"+id.Text()+"' not found.")
}

func (c *conversation) call(item jsontext.Value) *openai.Error {
	id, name := item.Get("call_id"), item.Get("name")
	if err := want(id, ".call_id", jsontext.String); err != nil {
		return err
	}
	if err := want(name, ".name", jsontext.String); err != nil {
		return err
	}
	arguments := ""
	if item.Get("type").Is("custom_tool_call") {
		input := item.Get("input")
		if err := want(input, ".input", jsontext.String); err != nil {
			return err
		}
		arguments = customArguments(input)
	} else {
		text := item.Get("arguments")
		if err := want(text, ".arguments", jsontext.String); err != nil {
			return err
		}
		arguments = text.Text()
	}
	c.held = true
	if len(c.calls) > 0 {
		c.calls = append(c.calls, ',')
	}
	c.calls = chat.AppendToolCall(c.calls, id.Text(), name.Text(), arguments)
	return nil
}

// compaction takes a summary for what an assistant has said: roles that upstreams know at any place are few.
func (c *conversation) compaction(item jsontext.Value) *openai.Error {
	content := item.Get("encrypted_content")
	if err := want(content, ".encrypted_content", jsontext.String); err != nil {
		return err
	}
	summary, ok := openSummary(content.Text())
	if !ok {
		return openai.Invalid(".encrypted_content", "Invalid '.encrypted_content': it was not made by this server.")
	}
	c.flush()
	c.open("assistant")
	c.dst = jsontext.AppendString(c.dst, summary)
	c.dst = append(c.dst, '}')
	return nil
}

func (c *conversation) output(item jsontext.Value) *openai.Error {
	id, output := item.Get("call_id"), item.Get("output")
	if err := want(id, ".call_id", jsontext.String); err != nil {
		return err
	}
	if !output.Set() {
		return openai.Missing(".output")
	}
	c.flush()
	c.open("tool")
	var err *openai.Error
	if c.dst, err = appendContent(c.dst, output, ".output", "user"); err != nil {
		return err
	}
	c.dst = append(c.dst, `,"tool_call_id":`...)
	c.dst = append(c.dst, id.Raw()...)
	c.dst = append(c.dst, '}')
	return nil
}

func (c *conversation) message(item jsontext.Value) *openai.Error {
	role, content := item.Get("role"), item.Get("content")
	if err := want(role, ".role", jsontext.String); err != nil {
		return err
	}
	if !content.Set() {
		return openai.Missing(".content")
	}
	c.flush()
	var err *openai.Error
	switch name := role.Text(); name {
	case "user", "system", "developer":
		c.open(name)
		c.dst, err = appendContent(c.dst, content, ".content", name)
		c.dst = append(c.dst, '}')
	case "assistant":
		c.held = true
		c.content, err = appendContent(c.content[:0], content, ".content", name)
	default:
		err = openai.Invalid(".role", "Invalid value for '.role': supported are 'user', 'assistant', 'system' and 'developer'.")
	}
	return err
}
