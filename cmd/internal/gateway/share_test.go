package gateway

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// Guests that let a database work for them take turns, as those do that work themselves.
func TestStatementsTakeTurns(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	dir := t.TempDir()
	p := newPuppet()
	const endless = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"
	count := p.host("event.wait", wt.I64Const(0)) + wt.Drop + p.host("sqlite.exec", p.loaded(0), p.text(endless)) + wt.Drop
	file := p.main(p.openDatabase(), p.ready(), wt.Forever(count)).write(t, dir, "m", puppetManifest)
	var slots string
	const burning = 3
	for i := range burning {
		slots += adapter(fmt.Sprint("burner", i), file, quick)
	}
	h := openIn(t, dir, plan{toml: slots})
	for i := range burning {
		h.await(fmt.Sprint("burner", i), supervisor.Connected)
	}
	// A statement takes seconds, and a guest that calls is looked at in every sixteenth call: so it is in statements that all but one wait.
	for deadline, seen := time.Now().Add(20*time.Second), 0; seen < 20; time.Sleep(time.Millisecond) {
		if waiting, _ := h.house.turns.Waiting(); waiting == burning-1 {
			seen++
		} else if time.Now().After(deadline) {
			t.Fatalf("%d wait for a turn", waiting)
		}
	}
}
