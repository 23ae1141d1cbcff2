package main

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/lmittmann/tint"

	"innkeeper/runtime/safetext"
)

// logger writes text to a terminal and JSON to everything else.
func (a *app) logger(level slog.Leveler) *slog.Logger { return slog.New(a.logHandler(a.err, level)) }

// logHandler writes records to w in the form for the stream that is shown to the operator.
func (a *app) logHandler(w io.Writer, level slog.Leveler) slog.Handler {
	if a.terminal(a.err) {
		return tint.NewTextHandler(w, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: !a.colours(a.err), ReplaceAttr: onTerminal,
		})
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: readable})
}

// attrBytes is the most of one text in the log: a stack of functions.
const attrBytes = 16 << 10

// clean makes what is in a record fit to be shown: guests, clients and upstreams have a say in some of it.
func clean(a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(safetext.Lines(a.Value.String(), attrBytes))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(safetext.Lines(err.Error(), attrBytes))
		}
	}
	return a
}

// onTerminal is clean for the library that writes to terminals. In colour it makes an escape of the four characters that stand for
// one in Go, because it is written to let colours through.
func onTerminal(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.MessageKey { // the one text that it does not quote
		a.Value = slog.StringValue(safetext.Line(a.Value.String(), attrBytes))
	}
	a = clean(a)
	if a.Value.Kind() == slog.KindString && strings.Contains(a.Value.String(), `\x1b`) {
		a.Value = slog.StringValue(strings.ReplaceAll(a.Value.String(), `\x1b`, `\u001b`))
	}
	return a
}

// droppedRecord is the record that says how many lines of the log are missing.
func (a *app) droppedRecord(dropped uint64) []byte {
	var text bytes.Buffer
	slog.New(a.logHandler(&text, slog.LevelWarn)).Warn("lines of the log were dropped: nobody read it in time", "dropped", dropped)
	return text.Bytes()
}

// readable writes durations as people do, such as "1.5s", where JSON would have bare nanoseconds.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return clean(a)
}

// setLevel applies what was asked for on the command line, else what the configuration says.
func (a *app) setLevel(level *slog.LevelVar, configured slog.Level) {
	if asked, err := parseLevel(a.logLevel); err == nil {
		configured = asked
	}
	level.Set(configured)
}
