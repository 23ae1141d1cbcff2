package gateway

import (
	"context"
	"errors"
	"net"
	"reflect"

	"innkeeper/runtime/front"
	"innkeeper/runtime/ledger"
)

// slotFront is a slot's side of the network. It outlives the slot's instances, and the slot itself where a reload puts
// another in its place.
type slotFront struct {
	socket   *socket         // nil before the first listen
	lease    *lease          // the socket as the listener has it
	listener *front.Listener // nil while nobody accepts
	settings front.Config    // what the configuration said of the listener
}

// open gives a listener the socket: the one that is there, or a new one.
func (f *slotFront) open(ctx context.Context, network, address string) (net.Listener, error) {
	if f.socket == nil {
		opened, err := listenOn(ctx, network, address)
		if err != nil {
			return nil, err
		}
		f.socket = opened
	}
	lease, err := f.socket.lease()
	if err != nil {
		return nil, err
	}
	f.lease = lease
	return lease, nil
}

// closeListener lets requests in progress end until ctx is over and cuts the rest. The socket stays open.
func (f *slotFront) closeListener(ctx context.Context) error {
	if f.listener == nil {
		return nil
	}
	l, lease := f.listener, f.lease
	f.listener, f.lease, f.settings = nil, nil, front.Config{}
	lease.wait(ctx)
	return l.Close(ctx)
}

// close gives everything back.
func (f *slotFront) close(ctx context.Context) error {
	err := f.closeListener(ctx)
	if f.socket == nil {
		return err
	}
	socket := f.socket
	f.socket = nil
	return errors.Join(err, socket.TCPListener.Close())
}

// estate is what a slot leaves to the next one of its name.
type estate struct {
	generation uint64 // the last number used; the next is greater
	past       map[ledger.Kind]ledger.Count
	slotFront  slotFront
}

// close gives back what nobody takes over.
func (e *estate) close(ctx context.Context) error { return e.slotFront.close(ctx) }

// bequeath takes from a slot that has ended what outlives it.
func (s *slot) bequeath() *estate {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := &estate{generation: s.super.Status().Generation, past: s.past, slotFront: s.slotFront}
	s.slotFront = slotFront{}
	return left
}

// trim closes what the slot has inherited and cannot use. It keeps the listener, with its connections, if the configuration
// says the same of it; else the socket, so that callers wait in the kernel's queue instead of being refused; but neither at
// another address or if the slot is not going to listen.
func (s *slot) trim(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.conf.Budgets.Close)
	defer cancel()
	switch f := &s.slotFront; {
	case !s.conf.Enabled() || f.socket == nil || f.socket.address != s.conf.Listen:
		return f.close(ctx)
	case !reflect.DeepEqual(f.settings, s.listenerConfig()):
		return f.closeListener(ctx)
	}
	return nil
}
