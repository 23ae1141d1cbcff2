package front_test

import (
	"testing"
	"testing/synctest"
	"time"

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
