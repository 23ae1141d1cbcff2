package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
)

// What the host itself needs beside what is open when it starts: operators at the control socket, files that are read, the notices of a
// folder, a module that is compiled. A process that may have few keeps less.
const (
	ownDescriptors      = 16
	ownDescriptorsLeast = 6
	ownDescriptorsShare = 8 // of the limit
)

// descriptorsOpen stands for what is open at the start where the system does not tell.
const descriptorsOpen = 16

// databaseDescriptors is what one open database takes: the file, its log and its index.
const databaseDescriptors = 3

// fewConnections is how many client connections at least an operator may expect.
const fewConnections = 16

// ErrDescriptors means that the process may open fewer files and connections than its configuration needs.
var ErrDescriptors = errors.New("too few descriptors")

// descriptorPlan is how the descriptors of the process are divided.
type descriptorPlan struct {
	limit, own int
	sockets    int // addresses of adapters
	databases  int // of one generation of all adapters
}

// planDescriptors divides what a configuration allows; open is how many the process has already.
func planDescriptors(conf *config.Config, open int) descriptorPlan {
	if open < 0 {
		open = descriptorsOpen
	}
	limit := conf.Limits.Descriptors
	p := descriptorPlan{limit: limit, own: open + min(max(limit/ownDescriptorsShare, ownDescriptorsLeast), ownDescriptors)}
	addresses := map[string]bool{}
	for i := range conf.Adapters {
		a := &conf.Adapters[i]
		if !a.Enabled() {
			continue
		}
		if p.databases += len(a.Manifest.Databases); a.Listen != "" && !addresses[a.Listen] {
			addresses[a.Listen] = true
			p.sockets++
		}
	}
	return p
}

// shared is what is left for addresses, connections and databases.
func (p descriptorPlan) shared() int64 { return int64(max(p.limit-p.own, 0)) }

// reserve is what connections leave to others: the databases of one more generation, as far as there is room.
func (p descriptorPlan) reserve() int64 {
	free := p.limit - p.own - p.sockets - databaseDescriptors*p.databases
	return int64(max(min(databaseDescriptors*p.databases, free/2), 0))
}

// needs is how many there must be at least, to serve so many connections.
func (p descriptorPlan) needs(connections int) int {
	return p.own + p.sockets + databaseDescriptors*p.databases + connections
}

// check is an error if the configuration cannot work, and warns if it cannot work well.
func (p descriptorPlan) check(warn func(message string, args ...any)) error {
	const hint = "raise the limit of the process (ulimit -n), or descriptors in [limits]"
	if least := p.needs(1); p.limit < least {
		return fmt.Errorf("%w: there are %d, and this configuration needs at least %d; %s", ErrDescriptors, p.limit, least, hint)
	}
	if good := p.needs(fewConnections) + databaseDescriptors*p.databases; p.limit < good {
		warn("few descriptors: some clients will have to wait", "descriptors", p.limit, "wanted", good, "hint", hint)
	}
	return nil
}

// CheckDescriptors is an error if a process like this one may open fewer files and connections than a configuration needs.
func CheckDescriptors(conf *config.Config) error {
	return planDescriptors(conf, openNow()).check(func(string, ...any) {})
}

// divide puts a plan in force.
func (h *house) divide(p descriptorPlan) {
	h.descriptors.Resize(p.shared())
	h.descriptors.Reserve(p.reserve())
}

// dial connects to an upstream, whose descriptor is charged while the connection is open.
func (h *house) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !h.descriptors.Take(1) {
		use := h.descriptors.Use()
		return nil, fmt.Errorf("%d of %d descriptors are taken: %w", use.Used, use.Limit, syscall.EMFILE)
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		h.descriptors.Give(1)
		return nil, err
	}
	return &chargedConn{conn, sync.OnceFunc(func() { h.descriptors.Give(1) })}, nil
}

// chargedConn is a connection that has taken a descriptor.
type chargedConn struct {
	net.Conn
	release func() // safe to call twice
}

// Close closes the connection.
func (c *chargedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// openNow is how many descriptors the process has open, -1 where the system does not tell.
func openNow() int { return admin.ProcessNow().FDs }
