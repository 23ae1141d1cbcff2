package admin

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Bounds of the connections to the control socket.
const (
	// maxConnections is how many there may be. Each takes a descriptor of those that the process keeps for its operators.
	maxConnections = 12

	// maxLasting is how many of them may be of requests that last: commands, and readers of changes. The rest is for who asks what is
	// going on.
	maxLasting = 8

	// answerTimeout is how long a client may take over an answer, or over one change.
	answerTimeout = 5 * time.Second
)

// places are the connections to the control socket. One that comes when all are taken takes the place of the oldest that has no
// request which lasts: a client that hangs must not keep an operator from asking why.
type places struct {
	net.Listener
	mu    sync.Mutex
	conns []*place // by age
}

// place is one connection.
type place struct {
	net.Conn
	places  *places
	lasting bool // guarded by places.mu
}

// Accept implements [net.Listener].
func (p *places) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &place{Conn: conn, places: p}
	p.mu.Lock()
	var yields *place
	if len(p.conns) >= maxConnections {
		i := slices.IndexFunc(p.conns, func(c *place) bool { return !c.lasting }) // there is one: fewer than all may last
		yields = p.conns[i]
		p.conns = slices.Delete(p.conns, i, i+1)
	}
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	if yields != nil {
		_ = yields.Conn.Close()
	}
	return c, nil
}

// Close implements [net.Conn].
func (c *place) Close() error {
	c.places.mu.Lock()
	c.places.conns = slices.DeleteFunc(c.places.conns, func(other *place) bool { return other == c })
	c.places.mu.Unlock()
	return c.Conn.Close()
}

// last keeps the connection's place for a request that may take long, until it is told to end. It reports whether there was room.
func (c *place) last() (end func(), ok bool) {
	c.places.mu.Lock()
	defer c.places.mu.Unlock()
	lasting := 0
	for _, other := range c.places.conns {
		if other.lasting {
			lasting++
		}
	}
	if lasting >= maxLasting {
		return nil, false
	}
	c.lasting = true
	return func() {
		c.places.mu.Lock()
		c.lasting = false
		c.places.mu.Unlock()
	}, true
}

// placeKey is where a request's context has its connection.
type placeKey struct{}

func withPlace(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, placeKey{}, c)
}

// lasting lets requests through that may take long, as long as there are not too many of them.
func lasting(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(placeKey{}).(*place); ok {
			end, room := c.last()
			if !room {
				answerError(w, &Problem{Code: CodeRefused, Message: "too many commands and readers of changes wait already", Hint: "end some of them"})
				return
			}
			defer end()
		}
		next(w, r)
	}
}

// soon sets the time by which the next piece of an answer must have been taken.
func soon(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout)) // every connection has one
}
