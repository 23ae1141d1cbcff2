package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Chunks makes the frames of one streamed answer. Each method appends one whole SSE frame.
// https://platform.openai.com/docs/api-reference/chat-streaming
type Chunks struct {
	head []byte // up to "choices"
	tail string // from the end of the choices to the end of the frame
}

const (
	plainTail = "}\n\n"
	// Every chunk but the last carries a null usage when the client asked for usage.
	usageTail = `,"usage":null}` + "\n\n"
)

// NewChunks prepares what all frames of the answer have in common.
func NewChunks(a *Answer, includeUsage bool) Chunks {
	c := Chunks{tail: plainTail}
	if includeUsage {
		c.tail = usageTail
	}
	c.head = append(make([]byte, 0, 192), "data: "...)
	c.head = a.appendHead(c.head, "chat.completion.chunk", openai.Done{})
	c.head = append(c.head, `,"choices":[`...)
	return c
}

func (c *Chunks) begin(dst []byte, delta string) []byte {
	dst = append(dst, c.head...)
	dst = append(dst, `{"index":0,"delta":`...)
	return append(dst, delta...)
}

func (c *Chunks) end(dst []byte) []byte {
	dst = append(dst, `,"logprobs":null,"finish_reason":null}]`...)
	return append(dst, c.tail...)
}

// Role appends the first frame.
func (c *Chunks) Role(dst []byte) []byte {
	return c.end(c.begin(dst, `{"role":"assistant","content":"","refusal":null}`))
}

// Text appends a piece of the answer.
func (c *Chunks) Text(dst, text []byte) []byte { return c.piece(dst, `{"content":`, text) }

// Refusal appends a piece of a refusal.
func (c *Chunks) Refusal(dst, text []byte) []byte { return c.piece(dst, `{"refusal":`, text) }

// Reasoning appends a piece of reasoning, under the name that most servers and clients use for it.
func (c *Chunks) Reasoning(dst, text []byte) []byte {
	return c.piece(dst, `{"reasoning_content":`, text)
}

func (c *Chunks) piece(dst []byte, open string, text []byte) []byte {
	dst = jsontext.AppendString(c.begin(dst, open), text)
	return c.end(append(dst, '}'))
}

// ToolCall appends a piece of a function call; at is its place in the answer. Id and name go with its first piece.
func (c *Chunks) ToolCall(dst []byte, call *Call, at int, fresh bool, arguments []byte) []byte {
	dst = c.begin(dst, `{"tool_calls":[{"index":`)
	dst = openai.AppendInt(dst, int64(at))
	if fresh {
		dst = append(dst, `,"id":`...)
		dst = jsontext.AppendString(dst, call.ID)
		dst = append(dst, `,"type":"function","function":{"name":`...)
		dst = jsontext.AppendString(dst, call.Name)
		dst = append(dst, `,"arguments":`...)
	} else {
		dst = append(dst, `,"function":{"arguments":`...)
	}
	dst = jsontext.AppendString(dst, arguments)
	return c.end(append(dst, "}}]}"...))
}

// Finish appends the frame with the reason.
func (c *Chunks) Finish(dst []byte, reason string) []byte {
	dst = c.begin(dst, `{},"logprobs":null,"finish_reason":`)
	dst = jsontext.AppendString(dst, reason)
	dst = append(dst, "}]"...)
	return append(dst, c.tail...)
}

// Usage appends the frame with the token counts, if the client asked for it.
func (c *Chunks) Usage(dst []byte, u openai.Usage) []byte {
	if c.tail != usageTail {
		return dst
	}
	dst = append(dst, c.head...)
	dst = append(dst, `],"usage":`...)
	dst = appendUsage(dst, u)
	return append(dst, plainTail...)
}
