// Package runs is the wire of /v1/runs: what a request may hold, the run object, and the events of a run.
//
// A run is asked for like a response and goes on whoever leaves. Its events are fewer and plainer than those of a response,
// and every one of them can be read again by its number.
//
// The package is pure: bytes in, bytes out. It knows nothing of exchanges, turns and the store.
package runs

import (
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Request is a checked request body. It lives as long as the document that it was read from.
type Request struct {
	responses.Request
	Metadata jsontext.Value
}

// Decode checks the body: that of a response, with session_id as another name for a conversation's.
func Decode(body jsontext.Value) (r Request, err *openai.Error) {
	if r.Request, err = responses.Decode(body); err != nil {
		return r, err
	}
	r.Metadata = body.Get("metadata")
	for m := body.Members(); m.Next(); {
		if err := r.member(m.Name(), m.Value); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *Request) member(name []byte, v jsontext.Value) *openai.Error {
	switch string(name) {
	case "session_id":
		return r.setSession(v)
	case "stream":
		if r.Stream {
			return openai.Unsupported("stream", "A run answers at once: read its events at /v1/runs/{id}/events.")
		}
	case "background":
		if v.Set() && !r.Background {
			return openai.Unsupported("background", "A run is always in the background.")
		}
	case "conversation_history":
		if v.Set() && !v.Empty() {
			return openai.Unsupported("conversation_history", "Send the earlier messages as the first items of 'input'.")
		}
	}
	return nil
}

// maxSession is the longest session id, in bytes, as of a conversation's name.
const maxSession = 256

func (r *Request) setSession(v jsontext.Value) *openai.Error {
	if err := openai.CheckString(v, "session_id"); err != nil || !v.Set() {
		return err
	}
	id := v.Text()
	switch {
	case r.Conversation != "" || r.PreviousID != "":
		return openai.Invalid("session_id", "'session_id' cannot be used together with 'conversation' or 'previous_response_id'.")
	case id == "" || len(id) > maxSession:
		return openai.Invalid("session_id", "Invalid 'session_id': must have 1 to 256 bytes.")
	}
	r.Conversation = id
	return nil
}
