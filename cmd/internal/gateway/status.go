package gateway

import (
	"context"
	"maps"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/supervisor"
)

// Status is what the gateway and its slots are doing now. A slot that does not answer is shown as that.
func (g *Gateway) Status() admin.Status {
	status := admin.Status{Adapters: []admin.Adapter{}, Process: admin.ProcessNow()}
	g.mu.Lock()
	status.Process.Config, status.Process.DataDir = g.conf.Path, g.conf.DataDir
	bounds := g.conf.Limits
	g.mu.Unlock()
	status.House.Budgets = g.house.status(bounds)
	status.Process.Version, status.Process.Started, status.Process.Boot = g.options.Version, g.started, g.changes.boot
	status.TakenOver = g.custody.status()
	patience, cancel := context.WithTimeout(context.Background(), statusPatience)
	defer cancel()
	var asked []<-chan admin.Adapter
	slots := g.all()
	for _, s := range slots {
		asked = append(asked, s.ask())
	}
	for i, answer := range asked {
		status.Adapters = append(status.Adapters, slots[i].answered(patience, answer))
	}
	return status
}

const (
	// statusPatience is how long a status waits for the slots: an operator asks when something hangs.
	statusPatience = 500 * time.Millisecond
	// statusAsked is how many questions to one slot may be open at the same time. Those that hang keep their places.
	statusAsked = 8
)

// ask asks a slot for its status. The answer comes as soon as the slot has one; no channel means that too many are waited for already.
func (s *slot) ask() <-chan admin.Adapter {
	select {
	case s.asked <- struct{}{}:
	default:
		return nil
	}
	answer := make(chan admin.Adapter, 1)
	go func() { // ends with the answer, whoever waits for it
		answer <- s.status()
		<-s.asked
	}()
	return answer
}

// answered waits for the answer of a slot, which is not to keep others from being shown.
func (s *slot) answered(patience context.Context, answer <-chan admin.Adapter) admin.Adapter {
	select {
	case a := <-answer:
		return a
	case <-patience.Done():
	}
	select {
	case a := <-answer: // it came while another was waited for
		return a
	default:
		return admin.Adapter{Name: s.name, State: admin.StateUnknown, Reason: "it did not answer in time", Handles: handles(nil)}
	}
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
