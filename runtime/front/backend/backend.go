// Package backend is what a front hands its requests to: an interface and its words.
//
// It knows neither listeners nor guests, so that both sides can share it.
package backend

import "net/http"

// Backend answers requests. Serve blocks until the exchange is over; it returns soon after the request's context ends.
// The headers that are set when it is called belong to the host.
type Backend interface {
	Serve(w http.ResponseWriter, r *http.Request, in Inbound) Outcome
}

// Inbound is one request as a backend gets it, next to the [http.Request]: past all checks, its body read.
type Inbound struct {
	// Route is the name of the route that matched.
	Route string
	// Values are what stands in the path for the parameters of the route's pattern, in the pattern's order.
	Values []Value
	// RequestID is what logs and the client know the request by; it is in the answer's headers already.
	RequestID string
	// Body is the whole request body. It is the backend's until Serve returns, and never after that.
	Body []byte
	// Keyed reports whether the request carries the key. What others use up must not keep such a one from being served.
	Keyed bool
	// Passed reports whether the request comes back from the backend's successor, which found that it belongs to work of
	// this one. A backend that takes no new requests takes these as long as it lives.
	Passed bool
}

// Value is one parameter of a route's pattern and the text in its place.
type Value struct{ Name, Value string }

// Outcome is how an exchange ended for a backend.
type Outcome uint8

// The outcomes.
const (
	// Answered: the answer is complete, or its client has left.
	Answered Outcome = iota
	// NotTaken: nothing was written and nobody acted on the request. It goes to another backend if there is one by then,
	// or is answered with 503.
	NotTaken
	// Unanswered: nothing was written, but the backend had begun to act on the request. It is answered with 503.
	Unanswered
	// Overdue: nothing was written within the time that an answer may take. It is answered with 504.
	Overdue
	// Cut: an answer was begun and will not be finished. The connection is closed so that the client can tell.
	Cut
	// Passed: nothing was written; the request is for the predecessor.
	Passed
)
