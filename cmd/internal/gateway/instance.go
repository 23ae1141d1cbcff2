package gateway

import (
	"context"
	"errors"
	"log/slog"

	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/front"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/supervisor"
)

// generation is one live instance of a slot.
type generation struct {
	*guesthost.Guest
	spec    *spec
	http    *httpfn.Family // nil if the module does not have it
	run     supervisor.Run
	detach  func(front.Unavailable) // from the site; nil if it is not attached; guarded by slot.mu
	refused *outcome.Failure        // why the host could not let it serve; used by the run only
}

// newGeneration makes the host's side of one instance from the adapter's configuration.
func (p *spec) newGeneration(ctx context.Context, run supervisor.Run) (*generation, error) {
	conf, err := GuestOf(p.conf)
	if err != nil {
		return nil, err
	}
	s, g := p.slot, &generation{spec: p, run: run}
	conf.Generation, conf.Version, conf.Folder = run.Generation, s.gateway.options.Version, s.folder
	conf.Logger = s.logger.With("generation", run.Generation)
	conf.Families, conf.Flight, conf.Descriptors = s.gateway.plugs, s.gateway.house.flight, s.gateway.house.descriptors
	conf.Turns = s.gateway.house.turns
	conf.Predecessor = func() uint64 { return s.predecessor(g) }
	conf.Passes = func() bool { return s.passes(g) }
	g.Guest = guesthost.New(ctx, conf)
	g.http, _ = guesthost.Find[*httpfn.Family](g.Guest)
	return g, nil
}

// instance is the run of a generation as the engine sees it; ctx ends when the generation is to end.
func (g *generation) instance(ctx context.Context) engine.Instance {
	s, b := g.spec.slot, g.spec.conf.Budgets
	log, _ := guesthost.Find[*logfn.Family](g.Guest) // every instance has it
	return engine.Instance{
		Context: wasifn.With(hostcall.With(g.Context, g.Calls(s.gateway.options.Intercept)), wasifn.Program{
			Args:   []string{g.spec.conf.Name},
			Stdout: log.Lines(slog.LevelInfo, "stdout"), Stderr: log.Lines(slog.LevelWarn, "stderr"),
			Now: s.gateway.options.Now,
		}),
		Kill:    g.Kill,
		Mailbox: g.Mailbox, Ledger: g.Ledger, Ready: g.Ready, Sooner: g.run.Sooner,
		OnReady: func() { g.serve(ctx) }, Detach: g.retire, Ended: g.ended,
		Failure: g.failure, Finish: g.Finish,
		Budgets: engine.Budgets{Connect: b.Connect, Stall: b.Stall, Close: b.Close}, Memory: s.gateway.house.memory,
	}
}

// errNotServed is the cause of the end of an instance that is ready, and that no caller could reach.
var errNotServed = errors.New("the instance could not be served")

// serve lets callers through to the instance. Requests of its predecessor go on where they are. An address that is slow to open
// is not waited for any longer when the instance is to end, or has.
func (g *generation) serve(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(g.Context, func() { cancel(context.Cause(g.Context)) })
	defer stop()
	if failure := g.spec.slot.listen(ctx, g.spec); failure != nil {
		g.refused = failure
		g.Kill(errNotServed)
		return
	}
	g.spec.slot.attach(g)
	g.run.Ready()
}

// retire cuts the instance off from new work. In a hand-over its successor has that already, and gives back what belongs to
// work of this one.
func (g *generation) retire(reason string) {
	if reason != supervisor.ReasonHandover {
		g.detachFor(reason)
	}
	g.Drain()
}

// detachFor lets no more requests through, and tells callers why.
func (g *generation) detachFor(reason string) {
	why := supervisor.Status{State: supervisor.Stopping, Reason: reason}
	g.spec.slot.detach(g, unavailable(why, g.spec.conf.Budgets.Hold))
}

// ended cuts the instance off altogether.
func (g *generation) ended() {
	g.detachFor("")
	g.run.Unready()
}

// failure is why the instance cannot go on, as the host, a host function or the guest said it.
func (g *generation) failure() (outcome.Failure, bool) {
	if g.refused != nil {
		return *g.refused, true
	}
	return g.Failure()
}
