package agent

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Types of failures, the "type" of an OpenAI error.
const (
	TypeInvalidRequest = "invalid_request_error" // the caller can mend it
	TypeRateLimit      = "rate_limit_error"      // the caller can come back later
	TypeUpstream       = "upstream_error"        // the operator or time may mend it
)

// Failed says why a turn failed, in words that may be shown to the caller: true, without secrets and without the
// addresses behind the agent.
type Failed struct {
	Status     int           // the HTTP status to answer with
	Type       string        // one of the Type constants, or the back end's own
	Code       string        // a stable word for programs, or empty
	Message    string        // a sentence for people
	Param      string        // the field of the request that is at fault, such as messages[3].content, or empty
	RetryAfter time.Duration // when to come back, 0 if unknown

	// Cause is the error underneath, for the operator's log only; it may be nil and is never part of the payload.
	Cause error
}

// BadRequest returns the failure for a request that names a wrong value in the field param.
func BadRequest(param, format string, args ...any) *Failed {
	return &Failed{
		Status:  http.StatusBadRequest,
		Type:    TypeInvalidRequest,
		Code:    "invalid_value",
		Message: fmt.Sprintf(format, args...),
		Param:   param,
	}
}

// Event wraps the failure as the last event of its turn.
func (f *Failed) Event() Event { return Event{Kind: KindFailed, Failed: f} }

// Error makes a failure usable as an error in logs and tests.
func (f *Failed) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "agent[%d %s]: %s", f.Status, f.Code, f.Message)
	if f.Param != "" {
		fmt.Fprintf(&b, " (%s)", f.Param)
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, ": %v", f.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (f *Failed) Unwrap() error { return f.Cause }
