// Package logfn is the family log for one instance, and the place where its standard output and error become records.
//
// It owns what keeps a guest from spoiling the log: bounds, escaping, keys that are the host's own, and a limit to the
// rate. It knows nothing of where records go: that is the business of the [slog.Logger] it is given.
package logfn

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/safetext"
)

var _ abi.Log = (*Family)(nil)

// OriginKey is the attribute of every record that says how the guest wrote it: "guest" for log.write, or what
// [Family.Lines] was given.
const OriginKey = "origin"

const originGuest = "guest"

// Config says where records go. Logger is required and carries the attributes that say whose records they are.
type Config struct {
	Logger *slog.Logger
	// Now is the clock of the rate limit and of the records; nil means time.Now.
	Now func() time.Time
}

// Family is log as one instance sees it. It is safe for concurrent use.
type Family struct {
	handler slog.Handler
	now     func() time.Time

	mu     sync.Mutex
	bucket bucket
	lines  []*Lines
}

// New makes the family of one instance. Its creator calls Close when the guest has ended.
func New(cfg Config) *Family {
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	return &Family{handler: cfg.Logger.Handler(), now: now, bucket: newBucket(now())}
}

// Write implements log.write. It never refuses: a record out of shape is mended, one too many is counted.
func (f *Family) Write(level int32, message, attributes []byte) int32 {
	f.record(clamp(level), originGuest, message, attributes)
	return 0
}

// Close writes the unfinished lines of every [Lines] and then flushes. It may be called more than once.
func (f *Family) Close() error {
	f.mu.Lock()
	lines := f.lines
	f.lines = nil
	f.mu.Unlock()
	for _, l := range lines {
		l.flush()
	}
	f.Flush()
	return nil
}

// Flush writes the record that says how many were dropped, if any were and none has said so yet.
func (f *Family) Flush() {
	f.mu.Lock()
	dropped := f.bucket.settle()
	f.mu.Unlock()
	f.summarise(dropped)
}

// record writes one record, unless the level is off or the guest writes too much.
func (f *Family) record(level slog.Level, origin string, message, attributes []byte) {
	if !f.handler.Enabled(context.Background(), level) {
		return
	}
	now := f.now()
	f.mu.Lock()
	dropped, ok := f.bucket.take(now)
	f.mu.Unlock()
	if !ok {
		return
	}
	f.summarise(dropped)
	r := slog.NewRecord(now, level, safetext.Line(message, MessageBytes), 0)
	r.AddAttrs(slog.String(OriginKey, origin))
	r.AddAttrs(parseAttributes(attributes)...)
	f.handle(r)
}

func (f *Family) summarise(dropped uint64) {
	if dropped == 0 {
		return
	}
	r := slog.NewRecord(f.now(), slog.LevelWarn, "log records of the adapter were dropped: it writes too many", 0)
	r.AddAttrs(slog.Uint64("dropped", dropped))
	f.handle(r)
}

// handle passes a record on. As with every slog call, a log that cannot be written is nobody's to report.
func (f *Family) handle(r slog.Record) { _ = f.handler.Handle(context.Background(), r) }

// clamp returns the named level at or below a number, and debug for what is lower than all of them.
func clamp(level int32) slog.Level {
	switch l := slog.Level(level); {
	case l >= slog.LevelError:
		return slog.LevelError
	case l >= slog.LevelWarn:
		return slog.LevelWarn
	case l >= slog.LevelInfo:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}
