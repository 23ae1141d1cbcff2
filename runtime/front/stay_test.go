package front_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

const (
	postOpen = "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
	long     = 9 * time.Minute
)

// lingering answers after a long time who comes without the key.
func lingering(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	if !in.Keyed {
		select {
		case <-time.After(long):
		case <-r.Context().Done():
			return backend.Cut
		}
	}
	return echo(w, r, in)
}

// lasting is a request without the key that takes long.
type lasting struct {
	*raw
	answered chan bool
}

// last begins such requests, one after the other.
func last(t *testing.T, network *memory, n int) (all []lasting) {
	for range n {
		c := lasting{network.dial(), make(chan bool, 1)}
		c.send(t, postOpen)
		synctest.Wait()
		go func() {
			defer c.Close()
			response, err := http.ReadResponse(c.in, nil)
			if err == nil {
				_ = response.Body.Close()
			}
			c.answered <- err == nil && response.StatusCode == 200
		}()
		all = append(all, c)
		time.Sleep(time.Millisecond)
	}
	return all
}

// answered waits for the end of all and returns how many were answered.
func answered(all []lasting) (n int) {
	for _, c := range all {
		if <-c.answered {
			n++
		}
	}
	return n
}

// admitted returns the connection of a request with the key that was answered within two seconds.
func admitted(t *testing.T, network *memory) *raw {
	t.Helper()
	start := time.Now()
	c := network.dial()
	c.send(t, getKeyed)
	if got := c.answer(t); got.StatusCode != 200 || time.Since(start) > 2*time.Second {
		t.Errorf("who came with the key got %d after %v", got.StatusCode, time.Since(start))
	}
	return c
}

// delayed brings a request for which there is no place, and returns how long it took to be answered.
func delayed(t *testing.T, network *memory) <-chan time.Duration {
	took := make(chan time.Duration, 1)
	start := time.Now()
	go func() {
		c := network.dial()
		defer c.Close()
		c.send(t, keyedOnce)
		_ = c.answer(t)
		took <- time.Since(start)
	}()
	return took
}

const keyedOnce = "GET /v1/responses/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + key + "\r\n\r\n"

// Requests without the key that a backend works on for long keep nobody out that has the key; those within their part are answered.
func TestWorkWithoutTheKeyLeavesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) {
			cfg.AddressLimits.Connections, cfg.AddressLimits.IdleTimeout = 8, 2*long
		})
		s.Attach(backendFunc(lingering))
		all := last(t, network, 8)
		for range 2 {
			defer admitted(t, network).Close()
		}
		third := delayed(t, network)
		if n := answered(all); n != 6 {
			t.Errorf("%d of 8 were answered, want those within three quarters", n)
		}
		if took := <-third; took < long-time.Minute {
			t.Errorf("a third came in after %v", took)
		}
		_ = s.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}

// A request that came when too many were in progress is as good as any other once they are fewer.
func TestWorkWithoutTheKeyStaysOnceItIsWithinItsPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) {
			cfg.AddressLimits.Connections, cfg.AddressLimits.IdleTimeout = 8, 2*long
		})
		s.Attach(backendFunc(lingering))
		all := last(t, network, 8)
		for _, c := range all[:2] {
			_ = c.Close()
			synctest.Wait()
			defer admitted(t, network).Close()
		}
		third := delayed(t, network)
		if n := answered(all); n != 6 {
			t.Errorf("%d of 6 were answered", n)
		}
		if took := <-third; took < long-time.Minute {
			t.Errorf("a third came in after %v", took)
		}
		_ = s.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}

// Where no route asks for the key nobody is cut for those who have it.
func TestWorkStaysWhereNobodyHasAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) {
			cfg.AddressLimits.Connections = 4
			cfg.HTTP = &manifest.HTTP{Routes: []manifest.Route{{Name: "open", Method: "POST", Path: "/open", Guard: manifest.GuardOpen}}}
		})
		s.Attach(backendFunc(lingering))
		all := last(t, network, 4)
		fifth := delayed(t, network)
		if n := answered(all); n != 4 {
			t.Errorf("%d of 4 were answered", n)
		}
		<-fifth
		_ = s.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}

// The same goes for descriptors, whichever address their connections are at.
func TestWorkWithoutTheKeyLeavesDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sockets, others, reserve, connections = 2, 3, 5, 16
		networks := map[string]*memory{"one:1": newMemory(), "two:1": newMemory()}
		shared := budget.New(sockets + others + connections + reserve)
		shared.Reserve(reserve)
		shared.Force(others) // such as databases
		f := front.New(front.Config{Logger: discard(), Descriptors: shared, Listen: func(_ context.Context, _, address string) (net.Listener, error) {
			return networks[address], nil
		}})
		one := open(t, f, func(cfg *front.SiteConfig) { cfg.Address, cfg.AddressLimits.IdleTimeout = "one:1", 2*long })
		one.Attach(backendFunc(lingering))
		two := open(t, f, func(cfg *front.SiteConfig) { cfg.Address, cfg.AddressLimits.IdleTimeout = "two:1", 2*long })
		all := last(t, networks["one:1"], connections-1) // each address has taken one for whoever comes next
		for range connections/4 - 1 {
			defer admitted(t, networks["two:1"]).Close()
		}
		more := delayed(t, networks["two:1"])
		if n := answered(all); n != connections*3/4 {
			t.Errorf("%d of %d were answered, want those within three quarters", n, len(all))
		}
		if took := <-more; took < long-time.Minute {
			t.Errorf("one more came in after %v", took)
		}
		_ = one.Close(canceled(t))
		_ = two.Close(canceled(t))
		_ = f.Close(t.Context())
	})
}
