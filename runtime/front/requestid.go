package front

import (
	"net/http"

	"github.com/google/uuid"

	"innkeeper/runtime/limits"
)

// requestID is the client's X-Request-Id if it can stand in a log line and a header, else a new one.
func requestID(h http.Header) string {
	if sent := h["X-Request-Id"]; len(sent) == 1 && validRequestID(sent[0]) {
		return sent[0]
	}
	return uuid.NewString()
}

func validRequestID(s string) bool {
	if s == "" || len(s) > limits.HTTPRequestIDChars {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
