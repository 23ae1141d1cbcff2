package gateway

import (
	"maps"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/supervisor"
)

// Status is what the gateway and its slots are doing now. It waits for nobody.
func (g *Gateway) Status() admin.Status {
	status := admin.Status{Adapters: []admin.Adapter{}, Process: admin.ProcessNow()}
	g.mu.Lock()
	status.Process.Config, status.Process.DataDir = g.conf.Path, g.conf.DataDir
	g.mu.Unlock()
	status.Process.Version, status.Process.Started, status.Process.Boot = g.options.Version, g.started, g.changes.boot
	status.TakenOver = g.custody.status()
	for _, s := range g.all() {
		status.Adapters = append(status.Adapters, s.status())
	}
	return status
}

func (s *slot) status() admin.Adapter { return s.statusOf(s.super.Status()) }

func (s *slot) statusOf(now supervisor.Status) admin.Adapter {
	a := admin.Adapter{
		Name: s.name, State: string(now.State), Reason: now.Reason, Since: now.Since,
		Generation: now.Generation, Predecessor: now.Predecessor, Update: now.Update.String(),
		Attempts: now.Attempts, NextAttempt: moment(now.NextAttempt), Attention: now.Attention,
		LastError: now.LastError, LastErrorAt: moment(now.LastErrorAt), Module: s.wanted().conf.Module, Handles: handles(s.counts()),
		Storage: s.storage(),
	}
	if site := s.openedSite(); site != nil {
		a.Listen = site.Addr().String() + site.Mount()
	}
	return a
}

// storage is what the families keep in the slot's folder.
func (s *slot) storage() (sum admin.Storage) {
	for _, plug := range s.gateway.plugs {
		if plug.Storage != nil {
			stored := plug.Storage(s.folder)
			sum.UsedBytes += stored.Used
			sum.LimitBytes += stored.Limit
			sum.LeftInLogsBytes += stored.LeftInLogs
		}
	}
	return sum
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// counts is the tally by kind over all generations.
func (s *slot) counts() map[ledger.Kind]ledger.Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := maps.Clone(s.past)
	for _, g := range s.live {
		addCounts(total, g.Ledger.Counts())
	}
	for _, l := range s.gateway.custody.of(s.name) {
		addCounts(total, l.ledger.Counts())
	}
	return total
}

// settled is the tally over all generations that are over, without what the host has taken over.
func (s *slot) settled() map[ledger.Kind]ledger.Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.past)
}

func handles(counts map[ledger.Kind]ledger.Count) admin.Handles {
	h := admin.Handles{Open: map[string]int{}, Kinds: map[string]admin.HandleTotals{}}
	for kind, count := range counts {
		h.Opened += count.Opened
		h.Closed += count.Closed
		h.Failed += count.Failed
		h.TakenOver += count.TakenOver
		h.Kinds[string(kind)] = admin.HandleTotals{
			Opened: count.Opened, Closed: count.Closed, Failed: count.Failed, TakenOver: count.TakenOver,
		}
		if count.Open != 0 {
			h.Open[string(kind)] = count.Open
		}
	}
	return h
}
