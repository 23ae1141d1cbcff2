package agentfn

import (
	"log/slog"
	"sync"
	"time"
)

// reports keeps the trouble of turns from flooding the log: a guest decides how many turns fail, as fast as it likes.
type reports struct {
	mu         sync.Mutex
	last       time.Time
	suppressed int
}

// due reports whether a report may be written now, and how many were not since the last one.
func (r *reports) due(now time.Time) (suppressed int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && now.Sub(r.last) < ReportEvery {
		r.suppressed++
		return 0, false
	}
	suppressed = r.suppressed
	r.last, r.suppressed = now, 0
	return suppressed, true
}

// report writes what went wrong with a turn to the log, unless it just wrote another.
func (f *Family) report(level slog.Level, message string, t *turn, err error, more ...slog.Attr) {
	suppressed, ok := f.reports.due(time.Now())
	if !ok {
		return
	}
	attributes := append([]slog.Attr{slog.Uint64("turn", uint64(t.handle)), slog.String("error", err.Error())}, more...)
	if suppressed > 0 {
		attributes = append(attributes, slog.Int("more_since_last", suppressed))
	}
	f.cfg.Logger.LogAttrs(f.ctx, level, message, attributes...)
}
