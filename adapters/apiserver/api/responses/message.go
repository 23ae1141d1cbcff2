package responses

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// What clients and server say to each other over a WebSocket: a message of the client is a request body with a type and
// perhaps the name of a stream; what comes back are the events of a stream, without the frames around them.
// https://developers.openai.com/api/docs/guides/websocket-mode

// The messages of a client.
const (
	// MessageCreate asks for a response.
	MessageCreate = "response.create"
	// MessageProcessed tells that a response was read to its end, as the Codex CLI may do. It wants no answer.
	MessageProcessed = "response.processed"
)

// ParseMessage reads a message, which has to be one JSON object.
func ParseMessage(doc *jsontext.Doc, message []byte) (jsontext.Value, *openai.Error) {
	if err := doc.Parse(message); err != nil {
		return jsontext.Value{}, &openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_json",
			Message: "The message is not valid JSON: " + err.Error() + ".",
		}
	}
	if k := doc.Root().Kind(); k != jsontext.Object {
		return jsontext.Value{}, &openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_type",
			Message: "The message must be a JSON object, not " + k.String() + ".",
		}
	}
	return doc.Root(), nil
}

// MessageType is which message of a client it is.
func MessageType(message jsontext.Value) (string, *openai.Error) {
	switch kind := message.Get("type"); {
	case !kind.Set():
		return "", openai.Missing("type")
	case kind.Is(MessageCreate):
		return MessageCreate, nil
	case kind.Is(MessageProcessed):
		return MessageProcessed, nil
	default:
		return "", openai.CheckEnum(kind, "type", MessageCreate)
	}
}

// maxStreamID is the longest name of a stream, in bytes.
const maxStreamID = 256

// StreamID is the stream that a message is for: requests of one stream are answered one after the other, those of
// different ones beside each other. It is "" for the one without a name.
func StreamID(message jsontext.Value) (string, *openai.Error) {
	v := message.Get("stream_id")
	if !v.Set() {
		return "", nil
	}
	if id := v.Text(); validStreamID(id) {
		return id, nil
	}
	return "", &openai.Error{
		Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_stream_id", Param: "stream_id",
		Message: "The 'stream_id' field must be a non-empty string with at most 256 characters and may only contain letters, " +
			"numbers, underscores, hyphens, and periods.",
	}
}

func validStreamID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return id != "" && len(id) <= maxStreamID
}

// DecodeCreate checks a message that asks for a response. A warm-up asks for none, and is there to be continued: it may
// bring its input, and the agent is not asked.
func DecodeCreate(message jsontext.Value) (r Request, warmup bool, err *openai.Error) {
	r = Request{Store: true, Stream: true}
	for m := message.Members(); m.Next(); {
		if err := r.messageMember(m.Name(), m.Value, &warmup); err != nil {
			return r, warmup, err
		}
	}
	if !r.input.Set() && !warmup {
		return r, warmup, openai.Missing("input")
	}
	if err := r.checkSources(); err != nil {
		return r, warmup, err
	}
	return r, warmup, r.checkToolUse()
}

// messageMember checks and keeps one member of a message.
func (r *Request) messageMember(name []byte, v jsontext.Value, warmup *bool) *openai.Error {
	switch string(name) {
	case "type", "stream_id", "stream", "stream_options": // of the transport
		return nil
	case "background":
		if on, _ := v.Bool(); on {
			return openai.Unsupported("background", "Background responses are not supported over WebSocket: send POST /v1/responses.")
		}
		return openai.CheckKind(v, "background", jsontext.Bool)
	case "generate":
		on, isBool := v.Bool()
		*warmup = isBool && !on
		return openai.CheckKind(v, "generate", jsontext.Bool)
	}
	return r.member(name, v)
}

// HasInput reports whether there is any input. Only a warm-up may have none.
func (r *Request) HasInput() bool { return r.input.Set() && !r.input.Empty() }

// Skip completes a response for which the agent was not asked: nothing was put out, and no tokens were used.
func (a *Answer) Skip(now int64) {
	if a.Ended() {
		return
	}
	a.Begin()
	a.status, a.completedAt = Completed, now
	a.Events.object("response.completed", a)
}

// AppendErrorEvent appends the message that tells a client on a WebSocket what went wrong. The headers are those that an
// answer over HTTP would have.
func AppendErrorEvent(dst []byte, e *openai.Error, streamID string) []byte {
	dst = append(dst, `{"type":"error","status":`...)
	dst = openai.AppendInt(dst, int64(e.Status))
	if seconds := e.RetryAfterSeconds(); seconds > 0 {
		dst = append(dst, `,"headers":{"retry-after":"`...)
		dst = openai.AppendInt(dst, seconds)
		dst = append(dst, `"}`...)
	}
	dst = append(dst, `,"error":`...)
	dst = openai.AppendErrorObject(dst, e)
	return append(appendStreamID(dst, streamID), '}')
}

// AppendMessage appends the data of an event as a message, which names its stream if that has a name.
func AppendMessage(dst, data []byte, streamID string) []byte {
	dst = append(dst, data[:len(data)-1]...) // without the brace that ends the object
	return append(appendStreamID(dst, streamID), '}')
}

func appendStreamID(dst []byte, id string) []byte {
	if id == "" {
		return dst
	}
	dst = append(dst, `,"stream_id":"`...)
	dst = append(dst, id...) // its characters need no escape
	return append(dst, '"')
}
