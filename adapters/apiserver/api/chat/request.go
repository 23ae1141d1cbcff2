// Package chat is the wire of POST /v1/chat/completions: what a request may hold, and the bytes of a completion and of
// its chunks. https://platform.openai.com/docs/api-reference/chat
//
// It is pure: bytes in, bytes out. It knows nothing of exchanges, turns and the store.
package chat

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Request is a checked request body. It lives as long as the document that it was read from.
type Request struct {
	Model        string // "" if none was named
	Stream       bool
	IncludeUsage bool
	Store        bool
	Messages     jsontext.Value
	Metadata     jsontext.Value

	body jsontext.Value
	// ours tells that the body has members that are meant for this server and not for the agent.
	ours bool
}

// Decode checks the body. What is not known here is left to the agent, which gets the body as it is.
func Decode(body jsontext.Value) (Request, *openai.Error) {
	r := Request{body: body}
	var streamOptions jsontext.Value
	for m := body.Members(); m.Next(); {
		if err := r.member(m.Name(), m.Value); err != nil {
			return r, err
		}
		if m.Key.Is("stream_options") {
			streamOptions = m.Value
		}
	}
	if !r.Messages.Set() {
		return r, openai.Missing("messages")
	}
	if err := r.streamOptions(streamOptions); err != nil {
		return r, err
	}
	return r, checkMessages(r.Messages)
}

// member checks one member of the body.
func (r *Request) member(name []byte, v jsontext.Value) *openai.Error {
	switch string(name) {
	case "messages":
		r.Messages = v
		return nil
	case "model":
		r.Model = v.Text()
		return openai.CheckString(v, "model")
	case "stream":
		r.Stream, _ = v.Bool()
		return openai.CheckKind(v, "stream", jsontext.Bool)
	case "store":
		r.Store, _ = v.Bool()
		r.ours = true
		return openai.CheckKind(v, "store", jsontext.Bool)
	case "metadata":
		r.Metadata = v
		r.ours = true
		return openai.CheckMetadata(v, "metadata")
	}
	if err, known := checkUnsupported(name, v); known {
		return err
	}
	if err, known := checkSampling(name, v); known {
		return err
	}
	return checkTools(name, v)
}

func (r *Request) streamOptions(v jsontext.Value) *openai.Error {
	if !v.Set() {
		return nil
	}
	if err := openai.CheckKind(v, "stream_options", jsontext.Object); err != nil {
		return err
	}
	if !r.Stream {
		return openai.Invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	}
	usage := v.Get("include_usage")
	r.IncludeUsage, _ = usage.Bool()
	return openai.CheckKind(usage, "stream_options.include_usage", jsontext.Bool)
}

// Raw is the body as the client sent it, which is what the agent gets unless it has to be rewritten.
func (r *Request) Raw() []byte { return r.body.Raw() }

// Rewrite reports whether the agent must not get the body as it is: it names the alias, which only clients know the model
// by, or has members that are meant for this server.
func (r *Request) Rewrite(alias string) bool { return r.ours || alias != "" && r.Model == alias }

// AppendTurn appends the request as the agent gets it when it has to be rewritten. The model is left out if it is the
// alias, so that the agent takes its own.
func (r *Request) AppendTurn(dst []byte, alias string) []byte {
	dst = append(dst, '{')
	first := true
	for m := r.body.Members(); m.Next(); {
		switch string(m.Name()) {
		case "store", "metadata":
			continue
		case "model":
			if m.Value.Is(alias) {
				continue
			}
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, m.Key.Raw()...)
		dst = append(dst, ':')
		dst = append(dst, m.Value.Raw()...)
	}
	return append(dst, '}')
}
