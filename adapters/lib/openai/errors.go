// Package openai holds what all parts of the OpenAI surface share: the error object, token usage, how a turn ended, SSE
// frames and the checks of request fields.
//
// It knows JSON and nothing of HTTP exchanges, of the store or of the loop.
package openai

import (
	"strconv"
	"strings"
	"time"

	"innkeeper/adapters/lib/jsontext"
)

// The types of errors, the "type" of the error object.
const (
	TypeInvalidRequest = "invalid_request_error"
	TypeRateLimit      = "rate_limit_error"
	TypeServer         = "server_error"
	TypeUnavailable    = "service_unavailable"
	TypeIdempotency    = "idempotency_error"
)

// Error is an answer that says what is wrong. https://platform.openai.com/docs/guides/error-codes
type Error struct {
	Status     int           // the HTTP status
	Type       string        // one of the Type constants, or what the agent says
	Code       string        // a stable word for programs; null if empty
	Message    string        // a sentence for people
	Param      string        // the field at fault, such as messages[3].content; null if empty
	RetryAfter time.Duration // when to come back, 0 if unknown
}

// Error implements error.
func (e *Error) Error() string { return strconv.Itoa(e.Status) + " " + e.Message }

// Invalid is a 400 for a wrong value in the field param.
func Invalid(param, message string) *Error {
	return &Error{Status: 400, Type: TypeInvalidRequest, Code: "invalid_value", Message: message, Param: param}
}

// Missing is a 400 for a field that has to be there.
func Missing(param string) *Error {
	return &Error{
		Status: 400, Type: TypeInvalidRequest, Code: "missing_required_parameter",
		Message: "Missing required parameter: '" + param + "'.", Param: param,
	}
}

// Unsupported is a 400 for a setting that cannot be honoured here. Saying so beats ignoring it.
func Unsupported(param, message string) *Error {
	return &Error{Status: 400, Type: TypeInvalidRequest, Code: "unsupported_parameter", Message: message, Param: param}
}

// WrongType is a 400 for a field of the wrong JSON type; wanted reads like "a string".
func WrongType(param, wanted string, got jsontext.Kind) *Error {
	return &Error{
		Status: 400, Type: TypeInvalidRequest, Code: "invalid_type",
		Message: "Invalid type for '" + param + "': expected " + wanted + ", but got " + got.String() + " instead.", Param: param,
	}
}

// NotFound is a 404.
func NotFound(param, code, message string) *Error {
	return &Error{Status: 404, Type: TypeInvalidRequest, Code: code, Message: message, Param: param}
}

// Internal is a 500. What went wrong belongs into the log, not into the message.
func Internal(message string) *Error {
	return &Error{Status: 500, Type: TypeServer, Code: "internal_error", Message: message}
}

// Unavailable is a 503 that asks to come back.
func Unavailable(message string, after time.Duration) *Error {
	return &Error{Status: 503, Type: TypeUnavailable, Code: "unavailable", Message: message, RetryAfter: after}
}

// Within puts the name of what holds it in front of a relative field name, such as messages[3] before .content.
func (e *Error) Within(holder string) *Error {
	full := holder + e.Param
	e.Message = strings.Replace(e.Message, "'"+e.Param+"'", "'"+full+"'", 1)
	e.Param = full
	return e
}

// RetryAfterSeconds is the value of a Retry-After header, at least one second; 0 means that there is none.
func (e *Error) RetryAfterSeconds() int64 {
	if e.RetryAfter <= 0 {
		return 0
	}
	return int64((e.RetryAfter + time.Second - 1) / time.Second)
}

// AppendError appends the body of an error answer: {"error":{…}} with all four keys.
func AppendError(dst []byte, e *Error) []byte {
	dst = append(dst, `{"error":`...)
	dst = AppendErrorObject(dst, e)
	return append(dst, '}')
}

// AppendErrorObject appends the error object alone.
func AppendErrorObject(dst []byte, e *Error) []byte {
	dst = append(dst, `{"message":`...)
	dst = jsontext.AppendString(dst, e.Message)
	dst = append(dst, `,"type":`...)
	dst = jsontext.AppendString(dst, e.Type)
	dst = append(dst, `,"param":`...)
	dst = jsontext.AppendStringOrNull(dst, e.Param)
	dst = append(dst, `,"code":`...)
	dst = jsontext.AppendStringOrNull(dst, e.Code)
	return append(dst, '}')
}
