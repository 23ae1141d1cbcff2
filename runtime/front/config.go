package front

import (
	"log/slog"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// SiteConfig says where a site is, what it serves and how much. Address and HTTP are required; a number that is 0 means
// its default from package limits.
type SiteConfig struct {
	// Address is HOST:PORT; port 0 picks a free one.
	Address string
	// Mount is empty if the address is the site's own. Else the address is shared, and the site gets the requests whose
	// path begins with the mount, such as "/chat", which it does not see.
	Mount string
	// HTTP is what the site's module declares: routes, their guards, the shapes of errors. Its listen address is not used.
	HTTP *manifest.HTTP
	// Key guards the routes that need one. Only its digest is kept.
	Key []byte
	// Origins are the web origins that browsers may call from, such as "https://app.example"; "*" is all of them. With
	// none, every request that names an origin is refused.
	Origins []string

	Limits SiteLimits
	// AddressLimits are those of the address. Sites that share one have the same; of two, the later counts.
	AddressLimits AddressLimits

	// Logger is for what concerns the site; nil means the front's.
	Logger *slog.Logger
}

// SiteLimits bound what the requests of one site may use.
type SiteLimits struct {
	BodyBytes       int64         // largest request body
	BodiesBytes     int64         // all request bodies held at once
	ReadBodyTimeout time.Duration // whole request body
	Exchanges       int           // requests in progress; more get 429
}

// AddressLimits bound the connections of one address.
type AddressLimits struct {
	HeaderBytes       int           // largest request head
	ReadHeaderTimeout time.Duration // whole request head
	IdleTimeout       time.Duration // keep-alive connection without a request
	WriteStallTimeout time.Duration // client that takes no byte of an answer
	Connections       int           // open connections; more wait in the kernel
}

// Unavailable says why there is no backend.
type Unavailable struct {
	// State is the slot's state in one word. Everybody who asks sees it.
	State string
	// Reason is a sentence. Only callers with the key see it.
	Reason string
	// RetryAfter is when to come back; less than a second means one second.
	RetryAfter time.Duration
	// Hold is how long a request may wait for the next backend before it is answered with 503; 0 means not at all. The number of
	// those that wait is bounded.
	Hold time.Duration
}

func (l SiteLimits) withDefaults() SiteLimits {
	orDefault(&l.BodyBytes, limits.HTTPBodyBytes)
	orDefault(&l.BodiesBytes, limits.HTTPBodiesBytes)
	l.BodiesBytes = max(l.BodiesBytes, l.BodyBytes)
	orDefault(&l.ReadBodyTimeout, limits.HTTPReadBodyTimeout)
	orDefault(&l.Exchanges, limits.HTTPConcurrent)
	return l
}

func (l AddressLimits) withDefaults() AddressLimits {
	orDefault(&l.HeaderBytes, limits.HTTPHeaderBytes)
	orDefault(&l.ReadHeaderTimeout, limits.HTTPReadHeaderTimeout)
	orDefault(&l.IdleTimeout, limits.HTTPIdleTimeout)
	orDefault(&l.WriteStallTimeout, limits.HTTPWriteStallTimeout)
	orDefault(&l.Connections, limits.HTTPConnections)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
