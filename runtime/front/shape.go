package front

import (
	"encoding/json"
	"net/http"

	"innkeeper/runtime/manifest"
)

// text is the problem in the shape that the clients of a route understand.
func (p *problem) text(shape manifest.ErrorShape, requestID string) (contentType string, body []byte) {
	switch shape {
	case manifest.ErrorsOpenAI:
		return "application/json", encode(p.openAI())
	case manifest.ErrorsAnthropic:
		return "application/json", encode(p.anthropic(requestID))
	case manifest.ErrorsPlain:
		return "text/plain; charset=utf-8", []byte(p.message + "\n")
	}
	return "application/problem+json", encode(p.details())
}

func encode(v any) []byte {
	body, _ := json.Marshal(v) // strings and numbers always have a JSON form
	return body
}

type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"` // nothing here is about a single parameter
	Code    string  `json:"code"`
}

func (p *problem) openAI() any {
	return struct {
		Error openAIError `json:"error"`
	}{openAIError{Message: p.message, Type: p.kind, Code: p.code}}
}

type anthropicError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// anthropic is the shape of https://docs.anthropic.com/en/api/errors.
func (p *problem) anthropic(requestID string) any {
	kind := "invalid_request_error"
	switch p.status {
	case http.StatusUnauthorized:
		kind = "authentication_error"
	case http.StatusForbidden:
		kind = "permission_error"
	case http.StatusNotFound:
		kind = "not_found_error"
	case http.StatusRequestEntityTooLarge:
		kind = "request_too_large"
	case http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case http.StatusServiceUnavailable:
		kind = "overloaded_error"
	case http.StatusGatewayTimeout:
		kind = "timeout_error"
	}
	return struct {
		Type      string         `json:"type"`
		Error     anthropicError `json:"error"`
		RequestID string         `json:"request_id"`
	}{"error", anthropicError{kind, p.message}, requestID}
}

// details is the shape of https://www.rfc-editor.org/rfc/rfc9457, with the code as an extension. Without a page that explains the
// type, it is about:blank and the title that of the status.
func (p *problem) details() any {
	return struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}{"about:blank", http.StatusText(p.status), p.status, p.message, p.code}
}
