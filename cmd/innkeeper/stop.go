package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/config"
)

// isReload reports whether a signal asks for a reload and not for the end.
func isReload(received os.Signal) bool { return received == syscall.SIGHUP }

// hangup tells apart the two meanings of SIGHUP: an operator's wish to reload, and a terminal that was closed, which ends what
// was started from it and would otherwise go on unseen.
func (a *app) hangup() (hungUp func() bool) {
	if !a.terminal(a.in) {
		return func() bool { return false }
	}
	return func() bool { return !a.terminal(a.in) }
}

// reloadInTurn starts the goroutine that reloads when asked by a signal. What it returns ends it and waits for it.
func (s *service) reloadInTurn() (stop func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range s.reloads {
			s.reload()
		}
	}()
	return func() {
		s.control.cancel(errStopping)
		close(s.reloads)
		<-ended
	}
}

// reload reads the configuration again; nobody waits for an answer but the log.
func (s *service) reload() {
	done, err := s.control.Reload(context.Background())
	if done.Wait != nil {
		s.logger.Info("configuration reloaded", "touched", done.Touched, "agent_changed", done.Agent)
	}
	if err == nil {
		return // what is refused later is logged by its adapter
	}
	f := s.app.classify(err)
	text := f.Error()
	if f.report != "" {
		text += ": " + f.report
	}
	s.logger.Error("reload", "error", text, "hint", f.hint)
}

// stop drains the host, within the budgets of its slots, and ends at last whatever hangs. Another signal ends that at once.
func (s *service) stop(received os.Signal, signals <-chan os.Signal) error {
	if received != nil {
		s.logger.Info("stopping", "signal", received.String(), "again", "stops at once")
	}
	conf := s.control.host.Config()
	budget := stopBudget(conf)
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	overdue := time.NewTimer(budget + stopGrace)
	defer overdue.Stop()
	done := make(chan error, 1)
	go func() { done <- s.drain(ctx, conf) }()
	for {
		select {
		case err := <-done:
			return err
		case again := <-signals:
			if isReload(again) {
				continue
			}
			// The process ends now, and the system takes back what is left. Committed data is safe.
			return fail(signalCode(again), "", "stopped at once by a second signal; open work was cut")
		case <-overdue.C: // as above
			return fail(exTempFail, "the log says what hangs", "not stopped within %s; open work was cut", budget+stopGrace)
		}
	}
}

// drain stops the host, then its control socket, which until then can be asked for the status.
func (s *service) drain(ctx context.Context, conf *config.Config) error {
	began := time.Now()
	err := s.control.stop(ctx)
	late := s.late(conf, began)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err = errors.Join(err, s.server.Close(closing))
	if errors.Is(err, gateway.ErrLeft) {
		return fail(exTempFail, "", "stop: %v", err)
	}
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if len(late) > 0 {
		return fail(exTempFail, "the budget is drain in [adapters.NAME.budgets]",
			"not drained in time, open work was cut: %s", strings.Join(late, ", "))
	}
	s.logger.Info("stopped", "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// late lists the adapters whose instances used up their drain budget.
func (s *service) late(conf *config.Config, began time.Time) []string {
	var names []string
	for _, adapter := range s.control.Status().Adapters {
		c := conf.Adapter(adapter.Name)
		if c != nil && adapter.Since.Sub(began) >= c.Budgets.Drain {
			names = append(names, fmt.Sprintf("%s (%s)", adapter.Name, c.Budgets.Drain))
		}
	}
	return names
}

// stopGrace is how long what obeys its context may take to notice that the budget of a stop is used up.
const stopGrace = 2 * time.Second

// stopBudget returns the time after which a stop is cut short: more than the slots' own budgets for drain, unwinding and
// closing, and what the host itself needs afterwards.
func stopBudget(conf *config.Config) time.Duration {
	const slack = 3 * time.Second
	longest := time.Duration(0)
	for i := range conf.Adapters {
		b := conf.Adapters[i].Budgets
		longest = max(longest, b.Drain+b.Close*5/2)
	}
	return longest + slack
}

// signalCode returns the exit code that shells give to a process that a signal ended.
func signalCode(received os.Signal) int {
	if number, ok := received.(syscall.Signal); ok {
		return exSignal + int(number)
	}
	return exSoftware
}
