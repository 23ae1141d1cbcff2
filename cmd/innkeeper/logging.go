package main

import (
	"bytes"
	"io"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// logger writes text to a terminal and JSON to everything else.
func (a *app) logger(level slog.Leveler) *slog.Logger { return slog.New(a.logHandler(a.err, level)) }

// logHandler writes records to w in the form for the stream that is shown to the operator.
func (a *app) logHandler(w io.Writer, level slog.Leveler) slog.Handler {
	if a.terminal(a.err) {
		return tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !a.colours(a.err)})
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: readable})
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
	return a
}

// setLevel applies what was asked for on the command line, else what the configuration says.
func (a *app) setLevel(level *slog.LevelVar, configured slog.Level) {
	if asked, err := parseLevel(a.logLevel); err == nil {
		configured = asked
	}
	level.Set(configured)
}
