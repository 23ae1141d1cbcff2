package front_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front"
)

const healthRequest = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

// Connections leave the reserve alone, whoever comes then waits outside, and every descriptor is given back in the end.
func TestConnectionsLeaveDescriptorsToOthers(t *testing.T) {
	const reserve, socket = 2, 1
	shared := budget.New(socket + 2 + reserve)
	f := front.New(front.Config{Logger: discard(), Descriptors: shared})
	shared.Reserve(reserve)
	l := open(t, f, nil)
	first, second := dial(t, l), dial(t, l)
	for _, c := range []*raw{first, second} {
		c.send(t, healthRequest)
		c.answer(t)
	}
	third := dial(t, l)
	third.send(t, healthRequest)
	if got, use := l.Connections(), shared.Use(); got != 2 || use.Used != socket+2 {
		t.Errorf("%d connections, %+v", got, use)
	}
	if !shared.Take(reserve) {
		t.Error("the reserve was not left to others")
	}
	shared.Give(reserve)
	_ = first.Close()
	if got := third.answer(t); got.StatusCode != 200 {
		t.Errorf("the third got %d", got.StatusCode)
	}
	if err := errors.Join(l.Close(context.Background()), f.Close(context.Background())); err != nil {
		t.Error(err)
	}
	if use := shared.Use(); use.Used != 0 || use.Peak != socket+2+reserve {
		t.Errorf("after the end: %+v", use)
	}
}

// An address that waits for a descriptor can be closed.
func TestAnAddressThatWaitsForADescriptorCanBeClosed(t *testing.T) {
	shared := budget.New(1)
	f := front.New(front.Config{Logger: discard(), Descriptors: shared})
	l := open(t, f, nil)
	shared.Force(5) // by others, who give nothing back
	if err := errors.Join(l.Close(context.Background()), f.Close(context.Background())); err != nil {
		t.Error(err)
	}
	if use := shared.Use(); use.Used != 5 {
		t.Errorf("after the end: %+v", use)
	}
}

// Without a descriptor for the socket the address is not opened, which may be another time.
func TestAnAddressWithoutADescriptor(t *testing.T) {
	shared := budget.New(0)
	f := front.New(front.Config{Logger: discard(), Descriptors: shared})
	if _, err := f.Open(t.Context(), config(nil)); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("got %v", err)
	}
	shared.Resize(2)
	refused := errors.New("refused")
	f = front.New(front.Config{Logger: discard(), Descriptors: shared, Listen: func(context.Context, string, string) (net.Listener, error) {
		return nil, refused
	}})
	if _, err := f.Open(t.Context(), config(nil)); !errors.Is(err, refused) || shared.Use().Used != 0 {
		t.Errorf("%v, %+v", err, shared.Use())
	}
}
