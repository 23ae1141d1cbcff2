package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/config"
)

// deaf is a host that does not end and looks at no context.
type deaf struct {
	*fakeHost
	release chan struct{}
}

func (deaf) Config() *config.Config {
	return &config.Config{Adapters: []config.Adapter{{Budgets: config.Budgets{Drain: 10 * time.Second, Close: 5 * time.Second}}}}
}

func (d deaf) Stop(context.Context) error {
	<-d.release
	runtime.Goexit() // the process has ended by now
	return nil
}

// Whatever hangs and looks at no context, a stop comes to its end, with the exit code for a budget that was used up.
func TestStopEndsWhateverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deaf{&fakeHost{}, make(chan struct{})}
		s := &service{logger: slog.New(slog.DiscardHandler), control: newControl(d, nil)}
		began := time.Now()
		err := s.stop(syscall.SIGTERM, make(chan os.Signal))
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("took %v", took)
		}
		var f *failure
		if !errors.As(err, &f) || f.code != exTempFail {
			t.Errorf("%v", err)
		}
		close(d.release)
	})
}
