// Package httpfn is the family http of one instance: the HTTP exchanges that its slot's front brings, as handles.
//
// It owns the exchange: the state that a guest's calls and a client's connection share, the bounds on what waits for a slow
// client, and the promise that a guest's calls never block on a client. Each exchange is answered by the goroutine that
// called Serve, which alone writes to the client; a guest's calls copy into the exchange and signal.
//
// It must not know of listening sockets, routes and keys, nor make answers of its own: Serve says how an exchange ended, and the
// front answers where the guest did not.
package httpfn

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
)

var _ abi.HTTP = (*Family)(nil)

// KindExchange is the kind of an exchange's handle.
const KindExchange ledger.Kind = "http.exchange"

// Config says what a family works with. Ledger, Mailbox and Logger are required; a number that is 0 means its default from
// package limits, except for KeepAlive.
type Config struct {
	Ledger  *ledger.Ledger
	Mailbox *mailbox.Mailbox
	Logger  *slog.Logger
	// Routes are the names of the routes that the manifest declares.
	Routes []string
	// Predecessor reports whether an older instance still takes exchanges that the guest passes on; nil means never.
	Predecessor func() bool

	// HighWater is how many bytes of one stream may wait for its client before the guest gets EAGAIN.
	HighWater int
	// AnswerBytes bounds the body of an answer in one piece and one piece of a stream.
	AnswerBytes int
	// AnswersBytes bounds everything that waits for clients together. A part of it, as of MessagesBytes and Flight, is for
	// exchanges whose requests carry the key.
	AnswersBytes int64
	// HeaderBytes bounds the header block of an answer.
	HeaderBytes int
	// MessageBytes bounds one message of a WebSocket client.
	MessageBytes int
	// MessagesBytes bounds the messages of all WebSocket clients that are being received together.
	MessagesBytes int64
	// Flight is charged for all of that; other instances share it. Nil means no bound.
	Flight *budget.Budget
	// KeepAlive is how long a stream of type text/event-stream may be silent before its client gets a comment, and how often
	// the client of a WebSocket is asked for a sign of life; 0 means never.
	KeepAlive time.Duration
	// AnswerTimeout is how long the guest has to begin an answer; then the host gives one.
	AnswerTimeout time.Duration
	// GoneGrace is how long a handle outlives its client if the guest does not end it.
	GoneGrace time.Duration
}

// Family is http as one instance sees it. It has no goroutines of its own but those of its timers and one that waits for room, which end with Close; those of
// a WebSocket end with its Serve.
type Family struct {
	cfg      Config
	ctx      context.Context
	buffers  sync.Pool
	routes   []byte        // the answer to routes
	waiting  budget.Shares // bytes of answers that clients have not taken
	messages budget.Shares // bytes of WebSocket messages that are being received
	hungry   hungry
	draining atomic.Bool
	every    atomic.Int64 // Config.KeepAlive as it is now

	mu         sync.Mutex
	closed     bool
	unanswered deadlines // exchanges whose guest has not begun an answer
	orphans    deadlines // exchanges that the guest has not ended although their client is gone
}

// New makes the family of one instance. Its exchanges end with the ledger's CloseAll; Close it after that.
func New(ctx context.Context, cfg Config) *Family {
	orDefault(&cfg.HighWater, HighWaterBytes)
	orDefault(&cfg.AnswerBytes, AnswerBytes)
	orDefault(&cfg.AnswersBytes, AnswersBytes)
	orDefault(&cfg.MessageBytes, limits.HTTPBodyBytes)
	orDefault(&cfg.MessagesBytes, MessagesBytes)
	cfg.MessagesBytes = max(cfg.MessagesBytes, 2*int64(cfg.MessageBytes))
	orDefault(&cfg.HeaderBytes, AnswerHeaderBytes)
	orDefault(&cfg.AnswerTimeout, limits.HTTPAnswerTimeout)
	orDefault(&cfg.GoneGrace, GoneGrace)
	routes := abi.HTTPRoutes{Names: cfg.Routes}
	f := &Family{
		cfg: cfg, ctx: ctx, routes: routes.Append(nil),
		waiting: sharedWith(cfg.Flight, cfg.AnswersBytes), messages: sharedWith(cfg.Flight, cfg.MessagesBytes),
	}
	f.hungry.stop = make(chan struct{})
	f.SetKeepAlive(cfg.KeepAlive)
	f.unanswered.after, f.orphans.after = cfg.AnswerTimeout, cfg.GoneGrace
	f.unanswered.expired = func() { f.due(&f.unanswered, (*exchange).expire) }
	f.orphans.expired = func() { f.due(&f.orphans, (*exchange).abandon) }
	return f
}

// sharedWith makes a budget of the instance beside that of the host.
func sharedWith(flight *budget.Budget, limit int64) budget.Shares {
	own := budget.New(limit)
	own.Reserve(limit / limits.KeyedShare)
	return budget.Shares{own, flight}
}

func orDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Drain tells the family that the instance is about to end. Sockets that the guest ends from now on say so to their clients.
func (f *Family) Drain() { f.draining.Store(true) }

// Close ends the family's timers. Call it after the ledger's CloseAll.
func (f *Family) Close() {
	f.mu.Lock()
	f.closed = true
	f.unanswered.stop()
	f.orphans.stop()
	f.mu.Unlock()
	f.hungry.close()
	f.unanswered.running.Wait()
	f.orphans.running.Wait()
}

// buffer is bytes on their way to a client.
type buffer struct{ data []byte }

// keptBytes is the largest buffer kept for reuse, in bytes.
const keptBytes = 64 << 10

func (f *Family) getBuffer() *buffer {
	if kept, ok := f.buffers.Get().(*buffer); ok {
		return kept
	}
	return &buffer{}
}

// putBuffer gives a buffer back; nil is fine.
func (f *Family) putBuffer(used *buffer) {
	if used == nil || cap(used.data) > keptBytes {
		return
	}
	used.data = used.data[:0]
	f.buffers.Put(used)
}
