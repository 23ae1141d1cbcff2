// Package guesthost puts together what one instance sees of its host: a ledger, a mailbox, and the families that were
// granted to it, all of them made for this instance and nothing else.
//
// It owns the making and the last part of the giving back. It knows nothing of how the guest runs: in a sandbox, or
// natively in a test.
package guesthost

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
	"innkeeper/runtime/outcome"
)

// Config says what the instance gets.
type Config struct {
	Adapter    string
	Generation uint64
	Version    string
	// Families are the names of the families that were granted.
	Families []string
	// Folder is where the adapter's databases lie; Databases are the labels it may open.
	Folder    string
	Databases []string
	// Routes are the names of the HTTP routes that the manifest declares.
	Routes []string
	// Settings is the adapter's settings as JSON, without secrets; Secrets tells which secret ones are set.
	Settings []byte
	Secrets  map[string]bool
	Quota    ledger.Quota
	Agent    agent.Agent
	Logger   *slog.Logger
	DrainMS  int64
	MaxBody  int64
	// KeepAlive is how long an event stream may be silent before its client gets a comment, and how often a WebSocket's client
	// is asked for a sign of life; 0 means never.
	KeepAlive time.Duration
	// AnswerTimeout is how long the guest has to begin an answer before the host gives 504.
	AnswerTimeout time.Duration
	// Predecessor is the generation of the older instance that still takes what the guest passes on, 0 if there is none; nil
	// means never.
	Predecessor func() uint64
}

// Guest is one instance's side of the host. Kill ends its context, under which everything it started works.
type Guest struct {
	Context context.Context
	Kill    context.CancelCauseFunc

	Host    abi.Host
	Ledger  *ledger.Ledger
	Mailbox *mailbox.Mailbox
	// Ready is closed when the guest has said that it can serve.
	Ready <-chan struct{}
	// HTTP takes requests for the guest; nil if the family was not granted.
	HTTP *httpfn.Family
	// Log turns the guest's output into records.
	Log *logfn.Family

	lifecycle *lifecyclefn.Family
	config    *configfn.Family
	agent     *agentfn.Family

	mu    sync.Mutex
	fatal *outcome.Failure
}

// ErrFatal is the cause of an instance's end when a host function found that it cannot go on.
var ErrFatal = errors.New("a host function ended the instance")

// New makes an instance's side of the host. It opens nothing. Its context carries parent's values and is cancelled by Kill
// only, so that an instance outlives a request to stop by its drain budget.
func New(parent context.Context, cfg Config) *Guest {
	ctx, kill := context.WithCancelCause(context.WithoutCancel(parent))
	ready := make(chan struct{})
	g := &Guest{
		Context: ctx, Kill: kill, Ready: ready,
		Ledger: ledger.New(cfg.Quota),
		Mailbox: mailbox.New(mailbox.Bounds{
			New: limits.MailboxNew, DeltaBytes: limits.MailboxDeltaBytes, AllDeltaBytes: limits.MailboxAllDeltaBytes,
			JoinFrom: limits.MailboxJoinFrom,
		}),
	}
	g.lifecycle = lifecyclefn.New(lifecyclefn.Config{
		Info: abi.LifecycleInfo{
			Adapter: cfg.Adapter, Generation: cfg.Generation, HostVersion: cfg.Version,
			DrainMS: uint64(cfg.DrainMS), MaxBodyBytes: uint64(cfg.MaxBody),
		},
		Predecessor: cfg.Predecessor,
		OnReady:     func() { close(ready) },
	})
	g.config = configfn.New(configfn.Config{Settings: cfg.Settings, Secrets: cfg.Secrets})
	g.Log = logfn.New(logfn.Config{Logger: cfg.Logger})
	g.Host = abi.Host{
		Lifecycle: g.lifecycle,
		Event:     eventfn.New(ctx, eventfn.Config{Mailbox: g.Mailbox, Ledger: g.Ledger}),
		Config:    g.config,
		Log:       g.Log,
	}
	for _, family := range cfg.Families {
		g.grant(family, cfg)
	}
	return g
}

// grant makes a family that opens things; the others every instance has.
func (g *Guest) grant(family string, cfg Config) {
	switch family {
	case "sqlite":
		g.Host.SQLite = sqlitefn.New(g.Context, sqlitefn.Config{
			Dir: cfg.Folder, Labels: cfg.Databases, Ledger: g.Ledger, Fatal: g.end, Logger: cfg.Logger,
		})
	case "http":
		g.HTTP = httpfn.New(g.Context, httpfn.Config{
			Predecessor: func() bool { return cfg.Predecessor != nil && cfg.Predecessor() != 0 },
			Ledger:      g.Ledger, Mailbox: g.Mailbox, Logger: cfg.Logger, Routes: cfg.Routes, KeepAlive: cfg.KeepAlive,
			MessageBytes: int(cfg.MaxBody), AnswerTimeout: cfg.AnswerTimeout,
		})
		g.Host.HTTP = g.HTTP
	case "agent":
		g.agent = agentfn.New(g.Context, agentfn.Config{
			Ledger: g.Ledger, Mailbox: g.Mailbox, Agent: cfg.Agent, Logger: cfg.Logger,
			MaxTurnBytes: int(cfg.MaxBody) + limits.AgentTurnSlackBytes,
		})
		g.Host.Agent = g.agent
	}
}

// PredecessorEnded tells the guest that the older instance, beside which it was started, is over.
func (g *Guest) PredecessorEnded(generation uint64) error {
	ended := abi.PredecessorEnded{Generation: generation}
	return g.Mailbox.Post(abi.EventPredecessorEnded, 0, ended.Append(nil))
}

// ChangeSettings replaces the settings and tells the guest.
func (g *Guest) ChangeSettings(settings []byte) error {
	g.config.Change(settings)
	return g.Mailbox.Post(abi.EventSettingsChanged, 0, nil)
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
	if g.fatal != nil {
		return *g.fatal, true
	}
	return g.lifecycle.Failure()
}

// Finish waits for everything that worked for the instance and was not in its ledger. Call it after Ledger.CloseAll.
func (g *Guest) Finish(ctx context.Context) error {
	var errs []error
	if g.HTTP != nil {
		g.HTTP.Close()
	}
	if g.agent != nil {
		errs = append(errs, g.agent.Close(ctx))
	}
	errs = append(errs, g.Log.Close())
	return errors.Join(errs...)
}
