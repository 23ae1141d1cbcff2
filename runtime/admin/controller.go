package admin

import (
	"context"
	"iter"
	"net/http"
)

// Controller is the running host as its operators see it. Its errors reach them: one that is a [*Problem] as it is, any
// other with the code [CodeInternal]. All methods may be called at the same time.
type Controller interface {
	// Status never blocks on a slot.
	Status() Status
	// Restart begins a new generation of an adapter, with what its table and the file behind its module say now. If they cannot
	// be used nothing is touched. With cut, what is open is not waited for.
	Restart(ctx context.Context, name string, cut bool) (Pending, error)
	// Pause begins to end an adapter's instances and keeps it from running until Resume.
	Pause(ctx context.Context, name string) (Pending, error)
	// Resume lets a paused adapter run again.
	Resume(ctx context.Context, name string) (Pending, error)
	// Reload reads the configuration anew and begins to carry out the differences. An error beside adapters that were touched
	// is of others that were not.
	Reload(ctx context.Context) (Reloaded, error)
	// Subscribe gives every change of every adapter from now on, in order, until ctx ends.
	Subscribe(ctx context.Context) iter.Seq[Change]
}

// Pending waits for what a command has begun, and returns how that ended. If ctx ends first its cause is returned, and what was
// begun goes on. It may be called once.
type Pending func(ctx context.Context) error

// Reloaded is what a reload has begun.
type Reloaded struct {
	// Touched are the names of the adapters that were touched, never nil.
	Touched []string `json:"touched"`
	// Agent reports whether new turns go to another agent.
	Agent bool `json:"agent"`
	// Wait is for what has begun; on the client's side nil.
	Wait Pending `json:"-"`
}

// Code is what kind of problem it is. Codes are stable.
type Code string

// The codes.
const (
	CodeUnknownAdapter Code = "unknown_adapter"
	CodeRefused        Code = "refused"        // it makes no sense in the state that the adapter or host is in
	CodeBadConfig      Code = "bad_config"     // the configuration cannot be used
	CodeUpdateRefused  Code = "update_refused" // a change could not be carried out; what ran before goes on
	CodeNotReady       Code = "not_ready"      // an adapter was started and does not serve; it is tried again unless its state says otherwise
	CodeNotFound       Code = "not_found"      // no such path or method on the socket
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
	case CodeRefused, CodeNotReady:
		return http.StatusConflict
	case CodeBadConfig, CodeUpdateRefused:
		return http.StatusUnprocessableEntity
	default:
		return http.StatusInternalServerError
	}
}
