package front

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// keyGuard lets requests through that carry the key in a header. It compares digests: both sides have the same length then,
// and the comparison takes the same time wherever they differ.
type keyGuard struct {
	header string // canonical
	digest *[sha256.Size]byte
}

// admits reports whether the request carries the key. Two headers of the name are none: somebody on the way may have read
// the other one.
func (k *keyGuard) admits(h http.Header) bool {
	values := h[k.header]
	if len(values) != 1 {
		return false
	}
	token := values[0]
	if k.header == manifest.BearerHeader {
		scheme, rest, ok := strings.Cut(token, " ")
		if !ok || !strings.EqualFold(scheme, "Bearer") {
			return false
		}
		token = rest
	}
	token = strings.Trim(token, " ")
	if len(token) > limits.KeyMaxChars {
		return false
	}
	digest := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(digest[:], k.digest[:]) == 1
}

// challenge is what a client without the key is told to send, for people and for WWW-Authenticate. HTTP has no scheme for a key in
// a header of its own.
func (k *keyGuard) challenge() (example, scheme string) {
	if k.header == manifest.BearerHeader {
		return manifest.BearerHeader + ": Bearer KEY", "Bearer"
	}
	return k.header + ": KEY", fmt.Sprintf("ApiKey header=%q", k.header)
}
