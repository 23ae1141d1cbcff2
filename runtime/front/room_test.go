package front_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front"
)

// A client without the key that does not read its answer does not keep those out that come with the key.
func TestWhoDoesNotReadMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 4 })
		for range 4 {
			c := network.dial()
			c.send(t, getHealth)
			defer c.Close()
		}
		time.Sleep(1100 * time.Millisecond)
		start := time.Now()
		c := network.dial()
		c.send(t, getKeyed)
		if got := c.answer(t); got.StatusCode != 200 || time.Since(start) > 2*time.Second {
			t.Errorf("got %d after %v", got.StatusCode, time.Since(start))
		}
		_ = c.Close()
		_ = s.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}

// Connections whose requests wait for a backend make room, one after the other.
func TestWhoWaitsForABackendMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 4 })
		s.Detach(front.Unavailable{State: "starting", Hold: time.Minute})
		for range 4 {
			c := network.dial()
			c.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
			go c.closed()
			defer c.Close()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(1100 * time.Millisecond)
		start := time.Now()
		for range 4 {
			c := network.dial()
			c.send(t, getKeyed)
			defer c.Close()
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("four with the key came in after %v", took)
		}
		s.Attach(backendFunc(echo))
		_ = s.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}

// Who says nothing at one address does not keep those out that come with the key to another.
func TestConnectionsMakeRoomAtOtherAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		networks := map[string]*memory{"one:1": newMemory(), "two:1": newMemory()}
		shared := budget.New(2 + 6)
		f := front.New(front.Config{Logger: discard(), Descriptors: shared, Listen: func(_ context.Context, _, address string) (net.Listener, error) {
			return networks[address], nil
		}})
		one := open(t, f, func(cfg *front.SiteConfig) { cfg.Address = "one:1" })
		two := open(t, f, func(cfg *front.SiteConfig) { cfg.Address = "two:1" })
		for range 5 {
			c := networks["one:1"].dial()
			c.send(t, getHealth)
			go c.closed()
			defer c.Close()
		}
		time.Sleep(1100 * time.Millisecond)
		start := time.Now()
		for range 3 {
			c := networks["two:1"].dial()
			c.send(t, getKeyed)
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("got %d", got.StatusCode)
			}
			defer c.Close()
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("three with the key were answered after %v", took)
		}
		_ = one.Close(canceled(t))
		_ = two.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}
