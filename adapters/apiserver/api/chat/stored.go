package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// What a stored completion shows of its request beside what a fresh one has.
// https://platform.openai.com/docs/api-reference/chat/get

// echoed are the members of a request under which a stored completion repeats them, null where nothing was sent.
func echoed() []string {
	return []string{
		"tool_choice", "seed", "top_p", "temperature", "presence_penalty", "frequency_penalty", "tools", "response_format",
	}
}

// AppendEcho appends those members, each with a comma in front.
func (r *Request) AppendEcho(dst []byte, requestID string) []byte {
	dst = append(dst, `,"request_id":`...)
	dst = jsontext.AppendStringOrNull(dst, requestID)
	dst = append(dst, `,"input_user":`...)
	dst = appendOrNull(dst, r.body.Get("user"))
	for _, name := range echoed() {
		dst = append(dst, `,"`+name+`":`...)
		dst = appendOrNull(dst, r.body.Get(name))
	}
	return dst
}

func appendOrNull(dst []byte, v jsontext.Value) []byte {
	if !v.Set() {
		return append(dst, "null"...)
	}
	return append(dst, v.Raw()...)
}

// AppendStored appends a completion as it is kept: with the echo, and without its metadata, which may change.
func (a *Answer) AppendStored(dst []byte, done openai.Done, echo []byte) []byte {
	dst = a.AppendCompletion(dst, done)
	return append(append(dst[:len(dst)-1], echo...), '}')
}

// AppendWithMetadata appends a stored completion as it is shown.
func AppendWithMetadata(dst, stored, metadata []byte) []byte {
	dst = append(dst, stored[:len(stored)-1]...)
	dst = append(dst, `,"metadata":`...)
	dst = append(dst, metadata...)
	return append(dst, '}')
}

// AppendStoredMessages appends the messages of the request as a list: each with an id, content that is a string or null, and
// the parts of one that was not a string. https://platform.openai.com/docs/api-reference/chat/getMessages
func (r *Request) AppendStoredMessages(dst []byte, completion string) []byte {
	dst = append(dst, '[')
	for it := r.Messages.Items(); it.Next(); {
		if it.Index > 0 {
			dst = append(dst, ',')
		}
		dst = appendStoredMessage(dst, it.Value, completion, it.Index)
	}
	return append(dst, ']')
}

func appendStoredMessage(dst []byte, message jsontext.Value, completion string, index int) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, completion...)
	dst = append(dst, '-')
	dst = openai.AppendInt(dst, int64(index))
	dst = append(dst, `","content":`...)
	content, parts := message.Get("content"), []byte("null")
	if content.Kind() == jsontext.Array {
		parts = content.Raw()
		dst = appendJoined(dst, content)
	} else {
		dst = appendOrNull(dst, content)
	}
	dst = append(dst, `,"content_parts":`...)
	dst = append(dst, parts...)
	for _, name := range []string{"refusal", "name"} {
		dst = append(dst, `,"`+name+`":`...)
		dst = appendOrNull(dst, message.Get(name))
	}
	for m := message.Members(); m.Next(); {
		switch string(m.Name()) {
		case "id", "content", "content_parts", "refusal", "name":
			continue
		}
		dst = append(dst, ',')
		dst = append(dst, m.Key.Raw()...)
		dst = append(dst, ':')
		dst = append(dst, m.Value.Raw()...)
	}
	return append(dst, '}')
}

// appendJoined appends the text of parts as one string; null if none of them is text.
func appendJoined(dst []byte, parts jsontext.Value) []byte {
	start, found := len(dst), false
	dst = append(dst, '"')
	for it := parts.Items(); it.Next(); {
		if text := it.Value.Get("text"); it.Value.Get("type").Is("text") && text.Kind() == jsontext.String {
			raw := text.Raw()
			dst, found = append(dst, raw[1:len(raw)-1]...), true
		}
	}
	if !found {
		return append(dst[:start], "null"...)
	}
	return append(dst, '"')
}

// DecodeUpdate checks the body of POST /v1/chat/completions/{id}, which replaces the metadata; null empties it.
func DecodeUpdate(body jsontext.Value) (metadata jsontext.Value, err *openai.Error) {
	metadata = body.Get("metadata")
	if metadata.Kind() == jsontext.None {
		return metadata, openai.Missing("metadata")
	}
	return metadata, openai.CheckMetadata(metadata, "metadata")
}
