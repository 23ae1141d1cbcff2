package gateway

import (
	"bytes"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/runtime/supervisor"
)

// jumping is a wall clock that somebody sets while the house runs.
type jumping struct {
	off   atomic.Int64 // from the system's
	still atomic.Bool  // it stands
	at    time.Time    // where it stands
}

func (j *jumping) now() time.Time {
	if j.still.Load() {
		return j.at
	}
	return time.Now().Add(time.Duration(j.off.Load()))
}

// A wall clock that jumps ten years forward, back behind the beginning of everything, or stands still, changes nothing but what
// answers show: nobody restarts, what was stored is there, and a failed run is tried again after its backoff.
func TestWallClockJumps(t *testing.T) {
	clock := &jumping{at: time.Now()}
	h := openAPIWith(t, "", func(p *plan) { p.now = clock.now })
	var ids []string
	check := func(when string) {
		t.Helper()
		var stored struct{ ID string }
		if err := json.Unmarshal(h.answer("POST", "v1/responses", `{"model":"any","input":"keep this"}`), &stored); err != nil {
			t.Fatal(err)
		}
		for _, id := range append(ids, stored.ID) {
			if again := h.answer("GET", "v1/responses/"+id, ""); !bytes.Contains(again, []byte("keep this")) {
				t.Errorf("%s: %s", when, again)
			}
		}
		ids = append(ids, stored.ID)
		h.answer("POST", "v1/chat/completions", question+`,"stream":true}`)
	}
	const year = 365 * 24 * time.Hour
	for _, jump := range []struct {
		when  string
		off   time.Duration
		still bool
	}{{"as it is", 0, false}, {"forward", 10 * year, false}, {"back", -40 * year, false}, {"still", 0, true}, {"and on", 0, false}} {
		clock.off.Store(int64(jump.off))
		clock.still.Store(jump.still)
		check(jump.when)
	}
	if a := h.Status().Adapters[0]; a.Generation != 1 || a.State != "connected" {
		t.Errorf("%+v", a)
	}
	for _, off := range []time.Duration{10 * year, -40 * year} { // a restart at another time: what is kept is there
		clock.off.Store(int64(off))
		h.must(h.Restart(t.Context(), apiName))
		h.await(apiName, supervisor.Connected)
		check("after a restart")
	}
}
