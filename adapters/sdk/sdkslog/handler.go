// Package sdkslog is a log/slog handler that writes to the host's log. It is apart from package sdk because log/slog brings a
// megabyte of code into a guest; adapters that can do with keys and plain values use sdk.Logger.
package sdkslog

import (
	"bytes"
	"context"
	"log/slog"
	"sync"

	"innkeeper/adapters/sdk"
)

// Handler is an slog.Handler. Make it with [New].
type Handler struct {
	logger sdk.Logger
	level  slog.Leveler
	json   slog.Handler // renders the attributes into out
	out    *output
}

var _ slog.Handler = (*Handler)(nil)

// output is the memory that the handlers of one New share.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// New makes a handler for records of at least the level; nil is slog.LevelInfo.
func New(l *sdk.Loop, level slog.Leveler) *Handler {
	if level == nil {
		level = slog.LevelInfo
	}
	out := &output{}
	// The level is checked by Enabled; the inner handler takes all.
	options := &slog.HandlerOptions{Level: slog.Level(-1 << 30), ReplaceAttr: dropBuiltin}
	return &Handler{logger: l.Log(), level: level, json: slog.NewJSONHandler(&out.buf, options), out: out}
}

// dropBuiltin leaves out the record's own level and message, which the host takes apart from the attributes. An adapter's
// attributes of the same names stay: they are no slog.Level, or not empty.
func dropBuiltin(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	_, isLevel := a.Value.Any().(slog.Level)
	if a.Key == slog.LevelKey && isLevel || a.Key == slog.MessageKey && a.Value.Equal(slog.StringValue("")) {
		return slog.Attr{}
	}
	return a
}

// Enabled reports whether records of that level are written.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level.Level() }

// Handle writes one record. The host adds the time.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.buf.Reset()
	bare := slog.Record{Level: record.Level}
	record.Attrs(func(a slog.Attr) bool {
		bare.AddAttrs(a)
		return true
	})
	if err := h.json.Handle(ctx, bare); err != nil {
		return err
	}
	attributes := bytes.TrimSuffix(h.out.buf.Bytes(), []byte("\n"))
	if string(attributes) == "{}" {
		attributes = nil
	}
	h.logger.Write(sdk.Level(record.Level), record.Message, attributes)
	return nil
}

// WithAttrs is a handler that adds the attributes to every record.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	other := *h
	other.json = h.json.WithAttrs(attrs)
	return &other
}

// WithGroup is a handler that puts the attributes that follow into a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	other := *h
	other.json = h.json.WithGroup(name)
	return &other
}
