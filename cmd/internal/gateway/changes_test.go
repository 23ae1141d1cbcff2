package gateway

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/supervisor"
)

func TestSubscribersSeeEveryChangeInOrder(t *testing.T) {
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick)})
	h.await(puppetName, supervisor.Connected)
	changes := h.Subscribe(t.Context())
	h.must(h.Restart(context.Background(), puppetName))
	h.reloads("", puppetName)
	h.must(h.Stop(context.Background()))
	var codes []string
	var last uint64
	for change := range changes {
		codes = append(codes, change.Code)
		if change.Number <= last || change.Boot == "" || change.Boot != h.Status().Process.Boot || change.Time.IsZero() || change.Adapter.Name != puppetName {
			t.Errorf("%+v after number %d", change, last)
		}
		last = change.Number
	}
	if want := []string{"stopping", "starting", "connected", "stopping", "stopped", admin.ChangeRemoved}; !slices.Equal(codes, want) {
		t.Errorf("%q, want %q", codes, want)
	}
	for range h.Subscribe(t.Context()) {
		t.Error("a change after the end")
	}
}

// A reader who is too slow holds nobody up: it gets a gap in the place of what it missed.
func TestSlowSubscriberGetsAGap(t *testing.T) {
	g := &Gateway{changes: newChanges()}
	slow := g.Subscribe(t.Context())
	const more = 7
	for range subscriberChanges + more {
		g.changes.publish("changed", admin.Adapter{})
	}
	g.changes.close()
	var all []admin.Change
	for change := range slow {
		all = append(all, change)
	}
	if len(all) != subscriberChanges+1 {
		t.Fatalf("%d changes", len(all))
	}
	if gap := all[subscriberChanges]; gap.Code != admin.ChangeGap || gap.Missed != more || gap.Number != subscriberChanges+more {
		t.Errorf("%+v", gap)
	}
}

// Who leaves is forgotten, whether it read or not.
func TestSubscriberThatLeavesIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Gateway{changes: newChanges()}
		ctx, leave := context.WithCancel(t.Context())
		g.Subscribe(ctx)
		read := g.Subscribe(t.Context())
		g.changes.publish("changed", admin.Adapter{})
		for range read {
			break
		}
		leave()
		synctest.Wait()
		if n := len(g.changes.subscribers); n != 0 {
			t.Errorf("%d are still there", n)
		}
	})
}
