package front

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"innkeeper/runtime/limits"
)

// Config says where a listener listens, what it lets through and how much. Address, Routes and Logger are required; a
// number that is 0 means its default from package limits.
type Config struct {
	// Address is HOST:PORT; port 0 picks a free one.
	Address string
	// Routes are what the adapter serves. Everything else is answered with 404 or 405 here.
	Routes []Route
	// Key is the bearer key of the routes that need one. Only its digest is kept.
	Key []byte
	// Origins are the web origins that browsers may call from, such as "https://app.example"; "*" is all of them. With
	// none, every request that names an origin is refused.
	Origins []string

	BodyBytes         int64         // largest request body
	BodiesBytes       int64         // all request bodies held at once
	HeaderBytes       int           // largest request head
	ReadHeaderTimeout time.Duration // whole request head
	ReadBodyTimeout   time.Duration // whole request body
	IdleTimeout       time.Duration // keep-alive connection without a request
	WriteStallTimeout time.Duration // client that takes no byte of an answer
	Connections       int           // open connections; more wait in the kernel
	Exchanges         int           // requests in progress; more get 429

	Logger *slog.Logger
	// Listen opens the socket; nil means the operating system's. It is the seam for faults and for networks in memory.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
}

// Route is one method and path pattern. A GET route answers HEAD, too. A pattern is literal segments, {name} for one
// segment, and {name...} at the end for one or more; where several match, the literal one wins.
type Route struct {
	// Name is what the backend knows the route by.
	Name    string
	Method  string
	Pattern string
	// Key tells that the route needs the bearer key.
	Key bool
}

// Inbound is one request as a backend gets it, next to the [http.Request]: past all checks, its body read.
type Inbound struct {
	// Route is the name of the route.
	Route string
	// Values are the parameters of the route's pattern, in its order, as the decoded path has them.
	Values []Value
	// RequestID is the client's or a new one; it is in the answer's headers already.
	RequestID string
	// Body is the whole request body. It is the backend's until Serve returns, and never after that.
	Body []byte
}

// Value is one parameter of a route's pattern and what stands in its place.
type Value struct{ Name, Value string }

// Backend answers requests. Serve blocks until the exchange is over; it returns soon after the request's context ends.
// The headers that are set when it is called belong to the host.
type Backend interface {
	Serve(w http.ResponseWriter, r *http.Request, in Inbound) Outcome
}

// Outcome is how an exchange ended for a backend.
type Outcome uint8

// The outcomes.
const (
	// Answered: the answer is complete, or its client has left.
	Answered Outcome = iota
	// NotTaken: nothing was written and nobody acted on the request. It goes to the backend attached by then, if that is
	// another one, or is answered with 503.
	NotTaken
	// Unanswered: nothing was written, but the backend had begun to act on the request. It is answered with 503.
	Unanswered
	// Cut: an answer was begun and will not be finished. The connection is closed so that the client can tell.
	Cut
)

// Unavailable says why there is no backend.
type Unavailable struct {
	// State is the slot's state in one word. Everybody who asks sees it.
	State string
	// Reason is a sentence. Only callers with the key see it.
	Reason string
	// RetryAfter is when to come back; less than a second means one second.
	RetryAfter time.Duration
}

// withDefaults fills in what is 0.
func (c Config) withDefaults() Config {
	orDefault(&c.BodyBytes, limits.HTTPBodyBytes)
	orDefault(&c.BodiesBytes, limits.HTTPBodiesBytes)
	c.BodiesBytes = max(c.BodiesBytes, c.BodyBytes)
	orDefault(&c.HeaderBytes, limits.HTTPHeaderBytes)
	orDefault(&c.ReadHeaderTimeout, limits.HTTPReadHeaderTimeout)
	orDefault(&c.ReadBodyTimeout, limits.HTTPReadBodyTimeout)
	orDefault(&c.IdleTimeout, limits.HTTPIdleTimeout)
	orDefault(&c.WriteStallTimeout, limits.HTTPWriteStallTimeout)
	orDefault(&c.Connections, limits.HTTPConnections)
	orDefault(&c.Exchanges, limits.HTTPConcurrent)
	if c.Listen == nil {
		c.Listen = new(net.ListenConfig).Listen
	}
	return c
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
