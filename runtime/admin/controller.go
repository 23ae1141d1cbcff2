package admin

import (
	"context"
	"net/http"
)

// Controller is the running host as its operators see it. Its errors reach them: one that is a [*Problem] as it is, any
// other with the code [CodeInternal]. All methods may be called at the same time.
type Controller interface {
	// Status never blocks on a slot.
	Status() Status
	// Restart ends an adapter's instance and starts the next generation; it returns once that is under way.
	Restart(ctx context.Context, name string) error
	// Pause ends an adapter's instance and keeps it from running until Resume.
	Pause(ctx context.Context, name string) error
	// Resume lets a paused adapter run again.
	Resume(ctx context.Context, name string) error
	// Reload reads the configuration anew and carries out the differences. It returns the names of the adapters that it
	// touched; with a configuration that cannot be used nothing is touched.
	Reload(ctx context.Context) (touched []string, err error)
}

// Code is what kind of problem it is. Codes are stable.
type Code string

// The codes.
const (
	CodeUnknownAdapter Code = "unknown_adapter"
	CodeRefused        Code = "refused"    // it makes no sense in the state that the adapter or host is in
	CodeBadConfig      Code = "bad_config" // the configuration cannot be used
	CodeBadModule      Code = "bad_module" // what lies behind an adapter's module cannot be used; the last good one goes on
	CodeNotFound       Code = "not_found"  // no such path or method on the socket
	CodeInternal       Code = "internal"
)

// Problem is why a request was not carried out, the same on both ends of the socket.
type Problem struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Hint says what to do about it; may be empty.
	Hint string `json:"hint,omitempty"`
	// Report is the message for a terminal where that has more to show, such as the lines of a configuration; may be empty.
	Report string `json:"report,omitempty"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// status returns the HTTP status that goes with the code.
func (p *Problem) status() int {
	switch p.Code {
	case CodeUnknownAdapter, CodeNotFound:
		return http.StatusNotFound
	case CodeRefused:
		return http.StatusConflict
	case CodeBadConfig, CodeBadModule:
		return http.StatusUnprocessableEntity
	default:
		return http.StatusInternalServerError
	}
}
