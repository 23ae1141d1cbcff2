package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"innkeeper/runtime/supervisor"
)

// observe is told every change of the slot's status: it tells callers, subscribers and the log.
func (s *slot) observe(status supervisor.Status) {
	before := s.seen
	s.seen = status
	s.announce(status)
	code := changeCode(before, status)
	s.gateway.changes.publish(code, s.statusOf(status))
	if s.gateway.options.observe != nil {
		s.gateway.options.observe(s.name, status)
	}
	s.logChange(code, status)
	if status.State == supervisor.Disabled || status.State == supervisor.Unconfigured {
		s.gateway.background.Go(func() { s.dropUnusedSite(context.Background()) })
	}
}

// changeCode names a change in one word.
func changeCode(before, now supervisor.Status) string {
	switch {
	case now.State != before.State || now.Generation != before.Generation:
		return string(now.State)
	case now.Update != before.Update && now.Update.State != "":
		return "update_" + string(now.Update.State)
	case now.Update != before.Update:
		return "update_over"
	case now.Predecessor == 0 && before.Predecessor != 0:
		return "predecessor_ended"
	}
	return "changed"
}

func (s *slot) logChange(code string, status supervisor.Status) {
	attrs := []any{"generation", status.Generation}
	switch code {
	case string(status.State):
		attrs = append(attrs, stateAttrs(status)...)
		s.logger.Log(context.Background(), stateLevel(status), "adapter "+code, attrs...)
	case "update_refused":
		s.logger.Error("update refused", append(attrs, "error", status.Update.Reason)...)
	default:
		s.logger.Debug("adapter "+code, attrs...)
	}
}

func stateAttrs(status supervisor.Status) []any {
	attrs := []any{"state", string(status.State)}
	if status.Reason != "" {
		attrs = append(attrs, "reason", status.Reason)
	}
	if status.State != supervisor.Backoff {
		return attrs
	}
	attrs = append(attrs, "attempt", status.Attempts)
	if !status.NextAttempt.IsZero() {
		attrs = append(attrs, "retry_in", time.Until(status.NextAttempt).Round(time.Millisecond))
	}
	if status.Attention {
		attrs = append(attrs, "hint", fmt.Sprintf("%d runs failed in a row: look at the reason", status.Attempts))
	}
	return attrs
}

func stateLevel(status supervisor.Status) slog.Level {
	switch {
	case status.State == supervisor.Failed, status.State == supervisor.Backoff && status.Attention:
		return slog.LevelError
	case status.State == supervisor.Backoff, status.State == supervisor.Unconfigured:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
