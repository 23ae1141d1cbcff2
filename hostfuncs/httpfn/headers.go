package httpfn

import (
	"bytes"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"innkeeper/adapters/abi"
)

// field is one header of an answer, its name in canonical form.
type field struct{ name, value string }

// parseHeaders reads a header block from a guest: lines "name: value\n". Nothing that could end a line or a head gets
// through, and nothing that is the host's to say: how long the body is and what becomes of the connection.
// https://www.rfc-editor.org/rfc/rfc9110#name-fields
func parseHeaders(block []byte) ([]field, abi.Errno) {
	if len(block) == 0 {
		return nil, abi.OK
	}
	lines := bytes.Count(block, []byte{'\n'}) + 1
	if lines > AnswerHeaderLines {
		return nil, abi.EMSGSIZE
	}
	fields := make([]field, 0, lines)
	for text := string(block); text != ""; {
		name, value, rest, ok := abi.CutHeader(text)
		text = rest
		if !ok || !validName(name) || !validValue(value) {
			return nil, abi.EINVAL
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if reserved(name) {
			return nil, abi.EINVAL
		}
		fields = append(fields, field{name, value})
	}
	return fields, abi.OK
}

func reserved(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// validName reports whether s is a token. https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// validValue reports whether s has no control character but the tab.
func validValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// apply adds the fields to an answer's head. What the listener has set before stays as it is, so that a guest cannot take
// back a security header; only Vary is a list that both add to.
func apply(head http.Header, fields []field) {
	values := make([]string, 0, len(fields))
	taken := func(f field) bool { return f.name != "Vary" && head[f.name] != nil }
	kept := fields[:0]
	for _, f := range fields {
		if !taken(f) {
			kept = append(kept, f)
		}
	}
	for _, f := range kept {
		if head[f.name] != nil {
			head[f.name] = append(head[f.name], f.value)
			continue
		}
		values = append(values, f.value)
		head[f.name] = values[len(values)-1 : len(values) : len(values)]
	}
	if head["Content-Type"] == nil {
		head["Content-Type"] = nil // or the HTTP server would guess one
	}
}

// eventStream reports whether the fields say that the body is a stream of server-sent events.
func eventStream(fields []field) bool {
	for _, f := range fields {
		if f.name == "Content-Type" {
			kind, _, _ := strings.Cut(f.value, ";")
			return strings.EqualFold(strings.TrimSpace(kind), "text/event-stream")
		}
	}
	return false
}

// requestHeader is one header of a request, and whether it was sent.
func requestHeader(r *http.Request, name []byte) (string, bool) {
	if len(name) > usualName && !hasNameOf(r.Header, len(name)) {
		return "", false
	}
	switch key := textproto.CanonicalMIMEHeaderKey(string(name)); key {
	case "Authorization":
		return "", false
	case "Host":
		return r.Host, r.Host != ""
	default:
		values := r.Header[key]
		if len(values) == 1 {
			return values[0], true
		}
		return strings.Join(values, ", "), len(values) > 0
	}
}

// usualName is the length up to which the name of a header is copied without a look at the request's, in bytes. A guest may name one
// as long as its memory.
const usualName = 64

// hasNameOf reports whether the name of a header has that length.
func hasNameOf(h http.Header, length int) bool {
	for name := range h {
		if len(name) == length {
			return true
		}
	}
	return false
}

// requestHeadersSize is the size of what appendRequestHeaders appends.
func requestHeadersSize(r *http.Request) (size int) {
	if r.Host != "" {
		size = headerSize("Host", r.Host)
	}
	for name, values := range r.Header {
		if name == "Authorization" {
			continue
		}
		for _, value := range values {
			size += headerSize(name, value)
		}
	}
	return size
}

func headerSize(name, value string) int { return len(name) + len(": ") + len(value) + len("\n") }

// appendRequestHeaders appends all headers of a request as a block, ordered by name so that a guest sees the same every time.
func appendRequestHeaders(block []byte, r *http.Request) []byte {
	if r.Host != "" {
		block = abi.AppendHeader(block, "Host", r.Host)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "Authorization" {
			continue
		}
		for _, value := range r.Header[name] {
			block = abi.AppendHeader(block, name, value)
		}
	}
	return block
}
