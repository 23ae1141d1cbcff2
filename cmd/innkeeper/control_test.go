package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

func TestErrorsOfTheHostGetTheirCodes(t *testing.T) {
	wrong := config.Errors{{File: "x.toml", Line: 1, Col: 2, Msg: "oops"}}
	tests := []struct {
		err  error
		want admin.Problem
	}{
		{fmt.Errorf("adapter[x]: %w", gateway.ErrUnknownAdapter), admin.Problem{Code: admin.CodeUnknownAdapter, Message: "adapter[x]: no such adapter"}},
		{fmt.Errorf("it is paused: %w", supervisor.ErrRefused), admin.Problem{Code: admin.CodeRefused, Message: "it is paused"}},
		{fmt.Errorf("adapter[x]: %w: generation 4: trap", supervisor.ErrNotReady),
			admin.Problem{Code: admin.CodeNotReady, Message: "adapter[x]: it did not become ready: generation 4: trap"}},
		{fmt.Errorf("adapter[x]: %w: generation 4: trap", gateway.ErrUpdateRefused), admin.Problem{
			Code: admin.CodeUpdateRefused, Message: "adapter[x]: update refused: generation 4: trap",
			Hint: "what ran before goes on; mend what is wrong, then reload",
		}},
		{supervisor.ErrSuperseded, admin.Problem{Code: admin.CodeRefused, Message: "a later command took its place"}},
		{gateway.ErrDataDir, admin.Problem{Code: admin.CodeRefused, Message: gateway.ErrDataDir.Error(), Hint: keptHint}},
		{wrong, admin.Problem{Code: admin.CodeBadConfig, Message: "the configuration cannot be used", Hint: keptHint, Report: wrong.Report()}},
		{&missingConfig{"x.toml"}, admin.Problem{Code: admin.CodeBadConfig, Message: "config[x.toml]: there is no such file", Hint: keptHint}},
		{errStopping, *errStopping},
		{errors.New("broken"), admin.Problem{Code: admin.CodeInternal, Message: "broken"}},
	}
	for _, test := range tests {
		var got *admin.Problem
		if err := problem(test.err); !errors.As(err, &got) || *got != test.want {
			t.Errorf("%v: got %+v, want %+v", test.err, got, test.want)
		}
	}
	if problem(nil) != nil {
		t.Error("no error became a problem")
	}
	if !errors.Is(&missingConfig{"x"}, fs.ErrNotExist) {
		t.Error("a missing file is not fs.ErrNotExist any more")
	}
}

func TestNoCommandReachesAHostThatStops(t *testing.T) {
	h := &fakeHost{adapters: threeAdapters()}
	c := newControl(h, func() { t.Error("reloaded") })
	if err := c.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, reload := c.Reload(t.Context())
	_, restart := c.Restart(t.Context(), "x", false)
	_, pause := c.Pause(t.Context(), "x")
	_, resume := c.Resume(t.Context(), "x")
	for _, err := range []error{reload, restart, pause, resume} {
		if !errors.Is(err, errStopping) {
			t.Errorf("got %v", err)
		}
	}
	if len(h.ran) != 1 || h.ran[0] != "stop" {
		t.Errorf("the host was told %q", h.ran)
	}
}

func TestStoppingCutsAReloadShort(t *testing.T) {
	entered := make(chan struct{})
	h := &fakeHost{on: func(ctx context.Context, _ *fakeHost, command string) error {
		if command != "reload" {
			return nil
		}
		close(entered)
		<-ctx.Done()
		return context.Cause(ctx)
	}}
	c := newControl(h, func() {})
	done := make(chan error, 1)
	go func() {
		reloaded, err := c.Reload(context.Background())
		done <- errors.Join(err, reloaded.Wait(context.Background()))
	}()
	<-entered
	if err := c.stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, errStopping) {
		t.Errorf("the reload ended with %v", err)
	}
}
