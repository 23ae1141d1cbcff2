package gateway

import (
	"testing"

	"innkeeper/runtime/config"
)

// What clients without the key have in flight leaves a quarter to those that have it, also after a reload.
func TestAPartOfWhatIsInFlightIsForTheKey(t *testing.T) {
	of := func(bytes int64) *config.Config {
		return &config.Config{Limits: config.HostLimits{BytesInFlight: bytes}}
	}
	h := newHouse(of(100))
	for _, bytes := range []int64{100, 1000, 40} {
		h.resize(of(bytes))
		if h.flight.TakeFor(false, bytes*3/4+1) || !h.flight.TakeFor(false, bytes*3/4) {
			t.Errorf("of %d bytes not three quarters are for everybody", bytes)
		}
		if !h.flight.TakeFor(true, bytes/4) {
			t.Errorf("of %d bytes not a quarter is left for the key", bytes)
		}
		h.flight.Give(bytes)
	}
	h = newHouse(of(100))
	if h.flight.TakeFor(false, 76) {
		t.Error("nothing is set aside from the start")
	}
}
