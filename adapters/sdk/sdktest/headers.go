package sdktest

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"
)

// header is one header of the request as a guest sees it.
func (r *Request) header(name string) (string, bool) {
	value, ok := r.Headers[strings.ToLower(name)]
	return value, ok && !strings.EqualFold(name, "authorization")
}

// headerBlock is all headers of the request as a guest sees them.
func (r *Request) headerBlock() string {
	var block strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if value, ok := r.header(name); ok {
			block.WriteString(textproto.CanonicalMIMEHeaderKey(name) + ": " + value + "\n")
		}
	}
	return block.String()
}

// hasToken looks for one of the comma-separated values of a header, without regard to case.
func (r *Request) hasToken(name, token string) bool {
	value, _ := r.header(name)
	for part := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.TrimSpace(part), token) {
			return true
		}
	}
	return false
}

// wantsWebSocket reports whether the request asks to become a WebSocket with that protocol; an empty one is none.
func (r *Request) wantsWebSocket(protocol string) bool {
	return r.Method == "GET" && r.hasToken("connection", "upgrade") && r.hasToken("upgrade", "websocket") &&
		(protocol == "" || r.hasToken("sec-websocket-protocol", protocol))
}

// The headers that are the host's own.
var reserved = []string{
	"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}

// validHeaders reports whether the host takes a block of response headers. https://www.rfc-editor.org/rfc/rfc9110#name-fields
func validHeaders(block string) bool {
	if block == "" {
		return true
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(block, "\n"), "\n") {
		name, value, ok := strings.Cut(line, ":")
		control := strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
		if !ok || !isToken(name) || control || slices.Contains(reserved, strings.ToLower(name)) {
			return false
		}
	}
	return true
}

// isToken reports whether s can be the name of a header. https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
