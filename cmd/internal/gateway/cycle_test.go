package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/config"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/supervisor"
)

// hanging is an agent that answers nothing until its turn is cancelled.
type hanging struct{}

func (hanging) Models(context.Context) []agent.Model { return nil }
func (hanging) Close() error                         { return nil }
func (hanging) Run(ctx context.Context, _ agent.Turn, _ func(agent.Event) error) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// cycler drives one slot through its generations, one at a time: the slot waits at each start until it is let go.
type cycler struct {
	combination
	t       testing.TB
	harness *harness
	client  *client
	budget  time.Duration // the one that the path uses up

	states   chan supervisor.Status
	gate     chan struct{} // lets a generation start
	finished chan struct{}
	beside   chan struct{} // closed when the neighbour is connected
	marks    chan map[ledger.Kind]ledger.Count
	answered chan error // the client's request has been answered or cut
	asking   bool
	flip     bool
	pending  *supervisor.Status // was looked at too early
	sampler  *sampler
	held     int // cycles in which the guest came to its mark
	times    []time.Duration
}

func newCycler(t *testing.T, c combination, budget time.Duration) *cycler {
	y := &cycler{
		combination: c, t: t, budget: budget, states: make(chan supervisor.Status, 64), gate: make(chan struct{}), finished: make(chan struct{}),
		beside: make(chan struct{}), marks: make(chan map[ledger.Kind]ledger.Count, 4), answered: make(chan error, 1),
	}
	dir := t.TempDir()
	file := c.module().write(t, dir, puppetName, puppetManifest)
	logs := &counter{}
	y.harness = newHarness(t, dir, plan{
		toml: adapter(puppetName, file, quick) + adapter(neighbourName, server(t, dir, "n", "hello"), quick),
		tune: y.tune, agent: hanging{}, fault: y.intercept, observe: y.observe, forget: true, logs: logs,
	})
	y.harness.start()
	y.sampler = &sampler{harness: y.harness, neighbour: y.neighbour(), logs: logs}
	return y
}

// neighbour has another slot asked at a steady pace from now on.
func (c *cycler) neighbour() *steady {
	c.t.Helper()
	<-c.beside
	client, err := keepAsking(c.harness.slotOf(neighbourName).status().Listen)
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

// tune sets what the configuration file does not allow: delays too short for a person.
func (c *cycler) tune(conf *config.Config) {
	a := conf.Adapter(puppetName)
	a.Backoff.Initial, a.Backoff.Max = time.Microsecond, time.Microsecond
	if c.connect {
		a.Budgets.Connect = c.budget
	}
	if c.stall {
		a.Budgets.Stall = c.budget
	}
	if c.flip {
		a.Settings["note"] = "changed"
	}
}

// errBroke is what the host panics with.
var errBroke = errors.New("host function broke")

func (c *cycler) intercept(family, function string) (int32, bool) {
	if family+"."+function != "config.read" {
		return 0, false
	}
	s, err := c.harness.slot(puppetName)
	if err != nil {
		panic(err)
	}
	select {
	case c.marks <- s.counts():
	case <-c.finished:
	}
	if c.breaks {
		panic(errBroke)
	}
	return 0, true
}

func (c *cycler) observe(name string, status supervisor.Status) {
	if name == neighbourName {
		if status.State == supervisor.Connected {
			close(c.beside)
		}
		return
	}
	select {
	case c.states <- status:
	case <-c.finished:
	}
	if status.State == supervisor.Starting {
		select {
		case <-c.gate:
		case <-c.finished:
		}
	}
}

// arrive waits until the slot stands at its next start, and checks how the run before ended. Everything of that run has been
// given back by then.
func (c *cycler) arrive() error {
	over := time.NewTimer(patience)
	defer over.Stop()
	if c.pending != nil {
		status := *c.pending
		c.pending = nil
		if err := c.ended(status); err != nil {
			return err
		}
	}
	for {
		select {
		case status := <-c.states:
			if status.State == supervisor.Starting {
				return nil
			}
			if err := c.ended(status); err != nil {
				return err
			}
		case <-over.C:
			return fmt.Errorf("nothing happened within %s", patience)
		}
	}
}

// ended checks how a run ended, and has a slot go on that would not by itself.
func (c *cycler) ended(status supervisor.Status) error {
	switch {
	case status.State == supervisor.Connected, status.State == supervisor.Stopping, status.Reason == reloading:
		return nil
	case c.reason == "" || !strings.HasPrefix(status.Reason, c.reason):
		return fmt.Errorf("ended with %q, want %q", status.Reason, c.reason)
	case status.State != supervisor.Backoff:
		return c.restart()
	}
	return nil
}

// cycle lets one generation run and waits for the next start.
func (c *cycler) cycle() error {
	began := time.Now()
	c.gate <- struct{}{}
	if err := c.await(); err != nil {
		return err
	}
	if err := c.arrive(); err != nil {
		return err
	}
	if c.asking {
		c.asking = false
		if err := <-c.answered; err != nil {
			return err
		}
	}
	c.times = append(c.times, time.Since(began))
	return nil
}

// await brings the guest to its mark and does what the path wants then.
func (c *cycler) await() error {
	over := time.NewTimer(patience)
	defer over.Stop()
	asked := !c.asked()
	for {
		select {
		case counts := <-c.marks:
			return c.marked(counts)
		case status := <-c.states:
			if status.State == supervisor.Connected {
				if !asked {
					asked = true
					if err := c.ask(); err != nil {
						return err
					}
				}
				continue
			}
			c.pending = &status
			select {
			case counts := <-c.marks:
				return c.marked(counts)
			default:
			}
			if !c.hasty() {
				return fmt.Errorf("%s before the guest came to its mark: %s", status.State, status.Reason)
			}
			return nil
		case <-over.C:
			return errors.New("the guest never came to its mark")
		}
	}
}

// marked is what follows when the guest came to its mark.
func (c *cycler) marked(counts map[ledger.Kind]ledger.Count) error {
	c.held++
	if err := c.holds(counts); err != nil || c.act == nil {
		return err
	}
	return c.act(c)
}

// holds checks that the guest has open what it is to leave.
func (c *cycler) holds(counts map[ledger.Kind]ledger.Count) error {
	kinds := c.left.kinds
	if c.left.asked && !c.asked() {
		kinds = nil
	}
	for _, kind := range kinds {
		if counts[kind].Open != 1 {
			return fmt.Errorf("%s at the mark: %+v", kind, counts)
		}
	}
	return nil
}

// ask sends a request. Its answer is read aside, because it comes when the instance is gone; a stream's beginning, before.
func (c *cycler) ask() error {
	var err error
	if c.client == nil {
		if c.client, err = dial(c.harness.slotOf(puppetName).status().Listen); err != nil {
			return err
		}
	}
	if err = c.client.send(); err != nil || c.streams {
		return err
	}
	c.asking = true
	connection := c.client
	go func() {
		response, err := connection.receive()
		switch {
		case err != nil:
		case response.StatusCode != 503 || response.Header.Get("Retry-After") == "":
			err = fmt.Errorf("unanswered request: %s", response.Status)
		default:
			_, err = response.Body.Read(make([]byte, 1))
			if err == nil {
				_, err = connection.reader.Discard(int(response.ContentLength) - 1)
			}
		}
		c.answered <- err
	}()
	return nil
}

// disconnect leaves while a stream is open.
func (c *cycler) disconnect() error {
	response, err := c.client.receive()
	if err == nil && response.StatusCode != 200 {
		err = errors.New(response.Status)
	}
	if err == nil {
		_, err = response.Body.Read(make([]byte, 1))
	}
	c.hangUp()
	return err
}

func (c *cycler) hangUp() {
	if c.client != nil {
		c.client.drop()
		c.client = nil
	}
}

// restart asks for the next generation, which waits for the gate.
func (c *cycler) restart() error {
	_, err := c.harness.Gateway.Restart(context.Background(), puppetName, false)
	return err
}

// reload puts another slot in the place of this one.
func (c *cycler) reload() error {
	c.flip = !c.flip
	done, err := c.harness.Gateway.Reload(context.Background()) // what it starts waits for the gate
	if err == nil && len(done.Touched) != 1 {
		err = fmt.Errorf("reload touched %v", done.Touched)
	}
	return err
}

// totals sums the handles over all generations.
func (c *cycler) totals() (sum ledger.Count) {
	for _, count := range c.harness.slotOf(puppetName).counts() {
		sum.Add(count)
	}
	return sum
}

// finish lets the slot go.
func (c *cycler) finish() {
	c.hangUp()
	close(c.finished)
}
