// Package guesthost puts together what one instance sees of its host: a ledger, a mailbox, and the families that were
// granted to it, all of them made for this instance and nothing else.
//
// It owns the making, what the instance says of itself, and the last part of the giving back. It is handed a list of families and
// knows none of them, nor how the guest runs: in a sandbox, or natively in a test.
package guesthost

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/share"
)

// Config says what the instance gets.
type Config struct {
	family.Facts
	// Families are all that the host has, in the order in which the guest's program knows them. The instance gets those that its
	// manifest asks for, and those that every instance has.
	Families []family.Plug
	// Settings is the adapter's settings as JSON, without secrets; empty means {}.
	Settings []byte
	Quota    ledger.Quota
	// Flight is charged for what waits for the guest or its clients; nil bounds nothing.
	Flight *budget.Budget
	// Descriptors is charged for the files that the host opens for the guest; nil bounds nothing.
	Descriptors *budget.Budget
	// Turns divide the processor among all guests; nil leaves this one alone.
	Turns *share.Turns
	// Predecessor is the generation of the older instance that still lives, 0 if there is none; nil means never.
	Predecessor func() uint64
	// Passes reports whether the predecessor takes what the guest passes on; nil means as long as there is one.
	Passes func() bool
}

// Guest is one instance's side of the host. Kill ends its context, under which everything it started works.
type Guest struct {
	Context context.Context
	Kill    context.CancelCauseFunc

	// Host is the families for a guest that runs natively.
	Host    abi.Host
	Ledger  *ledger.Ledger
	Mailbox *mailbox.Mailbox
	// Ready is closed when the guest has said that it can serve.
	Ready <-chan struct{}

	families []family.Instance // in the order of Config.Families
	settings atomic.Pointer[[]byte]

	mu    sync.Mutex
	fatal *outcome.Failure // a host function's word
	said  *outcome.Failure // the guest's
}

// ErrFatal is the cause of an instance's end when a host function found that it cannot go on.
var ErrFatal = errors.New("a host function ended the instance")

// New makes an instance's side of the host. It opens nothing. Its context carries parent's values and is cancelled by Kill
// only, so that an instance outlives a request to stop by its drain budget.
func New(parent context.Context, cfg Config) *Guest {
	ctx, kill := context.WithCancelCause(context.WithoutCancel(parent))
	books := ledger.New(cfg.Quota)
	g := &Guest{
		Context: ctx, Kill: kill, Ledger: books,
		Mailbox: mailbox.New(mailbox.Bounds{
			New: limits.MailboxNew, Bytes: limits.MailboxBytes, DeltaBytes: limits.MailboxDeltaBytes,
			AllDeltaBytes: limits.MailboxAllDeltaBytes, JoinFrom: limits.MailboxJoinFrom, Flight: cfg.Flight, Turns: cfg.Turns,
		}, func(handle uint32) { books.Retire(handle) }),
		families: make([]family.Instance, len(cfg.Families)),
	}
	g.keep(cfg.Settings)
	core := g.core(cfg)
	for i, plug := range cfg.Families {
		if plug.Always || asks(cfg, plug.ABI.Name) {
			g.families[i] = plug.New(core)
			g.Host.Grant(g.families[i].Functions)
		}
	}
	return g
}

func asks(cfg Config, family string) bool {
	for _, name := range cfg.Manifest.Families {
		if name == family {
			return true
		}
	}
	return false
}

// core is what the families of the instance share.
func (g *Guest) core(cfg Config) family.Core {
	ready := make(chan struct{})
	g.Ready = ready
	predecessor, passes := cfg.Predecessor, cfg.Passes
	if predecessor == nil {
		predecessor = func() uint64 { return 0 }
	}
	if passes == nil {
		passes = func() bool { return predecessor() != 0 }
	}
	return family.Core{
		Facts: cfg.Facts, Context: g.Context, Ledger: g.Ledger, Mailbox: g.Mailbox, Flight: cfg.Flight, Descriptors: cfg.Descriptors,
		Settings:    func() []byte { return *g.settings.Load() },
		Predecessor: predecessor,
		Passes:      passes,
		Ready:       func() { close(ready) },
		Failed:      g.say,
		Fatal:       g.end,
	}
}

// Calls is the instance for its host calls. The intercept may be nil.
func (g *Guest) Calls(intercept func(family, function string) (result int32, handled bool)) *hostcall.Instance {
	calls := &hostcall.Instance{Families: make([]any, len(g.families)), Events: g.Host.Event, Time: g.Mailbox, Intercept: intercept}
	for i, instance := range g.families {
		calls.Families[i] = instance.Functions
	}
	return calls
}

// Find gives a family by its type, for what it is to the host beside its functions. ok is false if the instance does not have it.
func Find[T any](g *Guest) (found T, ok bool) {
	for _, instance := range g.families {
		if found, ok = instance.Functions.(T); ok {
			return found, true
		}
	}
	return found, false
}

// PredecessorEnded tells the guest that the older instance, beside which it was started, is over.
func (g *Guest) PredecessorEnded(generation uint64) error {
	ended := abi.PredecessorEnded{Generation: generation}
	return g.Mailbox.Post(abi.EventPredecessorEnded, 0, ended.Append(nil))
}

// AgentChanged tells the guest that the agent is another one, which may have other models.
func (g *Guest) AgentChanged() error { return g.Mailbox.PostLevel(abi.EventSettingsChanged, 0, nil) }

// ChangeSettings replaces the settings and tells the guest.
func (g *Guest) ChangeSettings(settings []byte) error {
	g.keep(settings)
	return g.Mailbox.PostLevel(abi.EventSettingsChanged, 0, nil)
}

func (g *Guest) keep(settings []byte) {
	if len(settings) == 0 {
		settings = []byte("{}")
	}
	g.settings.Store(&settings)
}

// say notes the guest's own word on its end; the last one counts.
func (g *Guest) say(failure outcome.Failure) {
	g.mu.Lock()
	g.said = &failure
	g.mu.Unlock()
}

// end is called by a host function that found something which no other run can mend, such as a corrupt database. The
// instance is over; the first reason stays.
func (g *Guest) end(code, message string) {
	g.mu.Lock()
	if g.fatal == nil {
		g.fatal = &outcome.Failure{Code: code, Message: message}
	}
	g.mu.Unlock()
	g.Kill(ErrFatal)
}

// Failure is why the instance cannot go on, as a host function or the guest said it.
func (g *Guest) Failure() (outcome.Failure, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.fatal != nil:
		return *g.fatal, true
	case g.said != nil:
		return *g.said, true
	}
	return outcome.Failure{}, false
}
