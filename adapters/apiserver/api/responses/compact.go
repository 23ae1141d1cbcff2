package responses

import (
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// DecodeCompact checks the body of POST /v1/responses/compact, which has a part of the members of a response's.
// https://platform.openai.com/docs/api-reference/responses/compact
func DecodeCompact(body jsontext.Value) (Request, *openai.Error) {
	r := Request{}
	for m := body.Members(); m.Next(); {
		switch string(m.Name()) {
		case "stream", "store", "background":
			continue // a compaction is answered in one piece and never kept
		}
		if err := r.member(m.Name(), m.Value); err != nil {
			return r, err
		}
	}
	if !r.input.Set() && r.PreviousID == "" && r.Conversation == "" {
		return r, openai.Missing("input")
	}
	return r, r.checkSources()
}

// compactPrompt asks the agent for a summary. The conversation follows as a text, because a model that gets it as messages
// tends to go on with it.
const compactPrompt = "You compact conversations. The user's message is the transcript of a conversation between a user and an assistant that uses " +
	"tools. Write a summary in its place from which the assistant can go on without loss: goals, facts, names, numbers, decisions, what was done " +
	"with which result, and what is left to do. Answer with the summary alone."

// AppendCompactTurn appends the body of a chat completions request that asks for a summary of the messages, which are the
// items of a list.
func (r *Request) AppendCompactTurn(dst []byte, model string, messages jsontext.Value) []byte {
	dst = append(dst, '{')
	if model != "" {
		dst = append(dst, `"model":`...)
		dst = jsontext.AppendString(dst, model)
		dst = append(dst, ',')
	}
	dst = append(dst, `"stream":true,"messages":[{"role":"system","content":`...)
	dst = jsontext.AppendString(dst, compactPrompt)
	dst = append(dst, '}')
	if r.instructions.Set() && !r.instructions.Empty() {
		dst = append(dst, `,{"role":"system","content":`...)
		dst = append(dst, r.instructions.Raw()...)
		dst = append(dst, '}')
	}
	dst = append(dst, `,{"role":"user","content":"`...)
	var text []byte
	for it := messages.Items(); it.Next(); {
		text = appendTranscript(text[:0], it.Value)
		dst = jsontext.AppendEscaped(dst, text)
	}
	return append(dst, `"}]}`...)
}

// appendTranscript appends a chat message as people read it.
func appendTranscript(dst []byte, message jsontext.Value) []byte {
	dst = message.Get("role").AppendText(dst)
	dst = append(dst, ": "...)
	content := message.Get("content")
	dst = content.AppendText(dst)
	for it := content.Items(); it.Next(); {
		switch kind := it.Value.Get("type"); {
		case kind.Is("text"), kind.Is("refusal"):
			dst = it.Value.Get(kind.Text()).AppendText(dst)
		default:
			dst = append(dst, '[')
			dst = kind.AppendText(dst)
			dst = append(dst, ']')
		}
	}
	for it := message.Get("tool_calls").Items(); it.Next(); {
		function := it.Value.Get("function")
		dst = append(dst, "\n[calls "...)
		dst = function.Get("name").AppendText(dst)
		dst = append(dst, ' ')
		dst = function.Get("arguments").AppendText(dst)
		dst = append(dst, ']')
	}
	return append(dst, '\n')
}

// AppendUserItems appends the user's messages among chat messages as items, without brackets.
func AppendUserItems(dst []byte, messages jsontext.Value, response string) []byte {
	n := 0
	for it := messages.Items(); it.Next(); {
		if !it.Value.Get("role").Is("user") {
			continue
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":"`...)
		dst = append(dst, ids.Item(ids.Message, response, n)...)
		dst = append(dst, `","type":"message","status":"completed","role":"user","content":[`...)
		dst = appendInputParts(dst, it.Value.Get("content"))
		dst = append(dst, "]}"...)
		n++
	}
	return dst
}

// appendInputParts appends the content of a chat message as parts of input; what is of no other name stays as it is.
func appendInputParts(dst []byte, content jsontext.Value) []byte {
	if content.Kind() == jsontext.String {
		dst = append(dst, `{"type":"input_text","text":`...)
		dst = append(dst, content.Raw()...)
		return append(dst, '}')
	}
	for it := content.Items(); it.Next(); {
		if it.Index > 0 {
			dst = append(dst, ',')
		}
		switch kind := it.Value.Get("type"); {
		case kind.Is("text"):
			dst = append(dst, `{"type":"input_text","text":`...)
			dst = append(dst, it.Value.Get("text").Raw()...)
			dst = append(dst, '}')
		case kind.Is("image_url"):
			image := it.Value.Get("image_url")
			dst = append(dst, `{"type":"input_image","image_url":`...)
			dst = append(dst, image.Get("url").Raw()...)
			dst = append(dst, `,"detail":`...)
			dst = appendOr(dst, image.Get("detail"), `"auto"`)
			dst = append(dst, '}')
		case kind.Is("file"):
			file := it.Value.Get("file")
			dst = append(dst, `{"type":"input_file","file_data":`...)
			dst = append(dst, file.Get("file_data").Raw()...)
			dst = appendMember(dst, "filename", file.Get("filename"))
			dst = append(dst, '}')
		default:
			dst = append(dst, it.Value.Raw()...)
		}
	}
	return dst
}

// Compaction is the answer to POST /v1/responses/compact: what the user said, as it was said, and one item that stands for
// all the rest.
type Compaction struct {
	ID        string
	CreatedAt int64  // Unix seconds
	Users     []byte // of AppendUserItems
	Summary   []byte // what the agent says
}

// lastItem is the index of the compaction item among the ids of a compaction's items, behind all users'.
const lastItem = 0xfffff

// AppendJSON appends the response.compaction object.
func (c *Compaction) AppendJSON(dst []byte, usage openai.Usage) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, c.ID...)
	dst = append(dst, `","object":"response.compaction","created_at":`...)
	dst = openai.AppendInt(dst, c.CreatedAt)
	dst = append(dst, `,"output":[`...)
	dst = append(dst, c.Users...)
	if len(c.Users) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, `{"id":"`...)
	dst = append(dst, ids.Item(ids.Compaction, c.ID, lastItem)...)
	dst = append(dst, `","type":"compaction","encrypted_content":"`...)
	dst = append(dst, sealSummary(c.Summary)...)
	dst = append(dst, `"}],"usage":`...)
	dst = appendUsage(dst, usage)
	return append(dst, '}')
}
