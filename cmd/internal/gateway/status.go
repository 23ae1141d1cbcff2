package gateway

import (
	"maps"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/supervisor"
)

// Status is what the gateway and its slots are doing now.
func (g *Gateway) Status() admin.Status {
	status := admin.Status{Adapters: []admin.Adapter{}, Process: admin.ProcessNow()}
	g.mu.Lock()
	status.Process.Config, status.Process.DataDir = g.conf.Path, g.conf.DataDir
	g.mu.Unlock()
	status.Process.Version, status.Process.Started = g.options.Version, g.started
	for _, s := range g.all() {
		status.Adapters = append(status.Adapters, s.status())
	}
	return status
}

func (s *slot) status() admin.Adapter {
	now := s.super.Status()
	s.mu.Lock()
	if now.State == supervisor.Connected && !s.serving {
		now.State = supervisor.Stopping // the instance is gone; the supervisor hears of it when everything is closed
	}
	s.mu.Unlock()
	a := admin.Adapter{
		Name: s.conf.Name, State: string(now.State), Reason: now.Reason, Since: now.Since, Generation: now.Generation,
		Attempts: now.Attempts, NextAttempt: moment(now.NextAttempt), Attention: now.Attention,
		LastError: now.LastError, LastErrorAt: moment(now.LastErrorAt), Module: s.conf.Module, Handles: handles(s.counts()),
	}
	s.mu.Lock()
	if s.refused != "" {
		a.Update = "refused: " + s.refused
	}
	if s.site != nil {
		a.Listen = s.site.Addr().String() + s.site.Mount()
	}
	s.mu.Unlock()
	return a
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
	if s.guest == nil {
		return total
	}
	for kind, count := range s.guest.Ledger.Counts() {
		sum := total[kind]
		sum.Add(count)
		total[kind] = sum
	}
	return total
}

func handles(counts map[ledger.Kind]ledger.Count) admin.Handles {
	h := admin.Handles{Open: map[string]int{}, Kinds: map[string]admin.HandleTotals{}}
	for kind, count := range counts {
		h.Opened += count.Opened
		h.Closed += count.Closed
		h.Failed += count.Failed
		h.Kinds[string(kind)] = admin.HandleTotals{Opened: count.Opened, Closed: count.Closed, Failed: count.Failed}
		if count.Open != 0 {
			h.Open[string(kind)] = count.Open
		}
	}
	return h
}
