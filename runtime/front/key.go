package front

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"innkeeper/runtime/limits"
)

// keyCheck compares bearer keys by their digests: both sides have the same length then, and the comparison takes the same
// time wherever they differ.
type keyCheck struct{ digest [sha256.Size]byte }

func newKeyCheck(key []byte) keyCheck { return keyCheck{sha256.Sum256(key)} }

// admits tells whether the request carries the key, as RFC 6750 section 2.1 has it. Two Authorization headers are none:
// somebody on the way may have read the other one.
func (k *keyCheck) admits(h http.Header) bool {
	values := h["Authorization"]
	if len(values) != 1 {
		return false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	token = strings.Trim(token, " ")
	if len(token) > limits.KeyMaxChars {
		return false
	}
	digest := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(digest[:], k.digest[:]) == 1
}
