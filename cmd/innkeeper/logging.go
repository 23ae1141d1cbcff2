package main

import (
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// logger writes text to a terminal and JSON to everything else.
func (a *app) logger(level slog.Leveler) *slog.Logger {
	if a.terminal(a.err) {
		return slog.New(tint.NewTextHandler(a.err, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: !a.colours(a.err),
		}))
	}
	return slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: level, ReplaceAttr: readable}))
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
