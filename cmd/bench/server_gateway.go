package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// gatewayServer is the real thing: a gateway with one adapter in Wasm.
type gatewayServer struct {
	gateway *gateway.Gateway
	name    string // of the adapter
	at      string // its address
}

var _ server = (*gatewayServer)(nil)

// readConfig reads a configuration without looking at the environment.
func readConfig(path string) (*config.Config, error) {
	load, err := configReader(path)
	if err != nil {
		return nil, err
	}
	return load()
}

// configReader gives what reads a configuration, each time anew but for the bundled modules.
func configReader(path string) (func() (*config.Config, error), error) {
	ctx := context.Background()
	builtins, err := gateway.Builtins(ctx)
	if err != nil {
		return nil, err
	}
	if builtins[apiServer] == nil {
		return nil, errors.New("built without the bundled adapters: run make bundled first")
	}
	return func() (*config.Config, error) {
		return config.Load(path, config.Options{
			Env: func(string) (string, bool) { return "", false }, Builtins: builtins, Handles: gateway.HandleQuotas(),
			Module: func(path string) (*artifact.Artifact, error) { return gateway.Modules().Read(ctx, path) },
		})
	}, nil
}

func newGateway(ctx context.Context, path string) (*gatewayServer, error) {
	load, err := configReader(path)
	if err != nil {
		return nil, err
	}
	conf, err := load()
	if err != nil {
		return nil, err
	}
	s := &gatewayServer{name: conf.Adapters[0].Name}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.gateway, err = gateway.Start(ctx, conf, gateway.Options{
		Version: "bench", Logger: logger,
		Load: func(context.Context) (*config.Config, error) { return load() },
	})
	if err != nil {
		return nil, err
	}
	if err := s.connected(ctx); err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	s.at = s.gateway.Status().Adapters[0].Listen
	return s, nil
}

func (s *gatewayServer) address() string { return s.at }

func (s *gatewayServer) figures(f *figures) {
	handles := s.gateway.Status().Adapters[0].Handles
	f.Opened, f.Closed, f.Failed = handles.Opened, handles.Closed, handles.Failed
	for _, n := range handles.Open {
		f.Open += n
	}
}

func (s *gatewayServer) restart(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	wait, err := s.gateway.Restart(ctx, s.name, false)
	if err != nil {
		return 0, err
	}
	if err := wait(ctx); err != nil {
		return 0, err
	}
	return time.Since(started), nil
}

// operate pauses or resumes adapters.
func (s *gatewayServer) operate(ctx context.Context, adapters []string, run bool) error {
	operate := s.gateway.Pause
	if run {
		operate = s.gateway.Resume
	}
	for _, name := range adapters {
		wait, err := operate(ctx, name)
		if err != nil {
			return err
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// connected waits until the adapter serves for the first time. Others that are configured beside it have started as well by then,
// or are about to.
func (s *gatewayServer) connected(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	changes := s.gateway.Subscribe(ctx)
	if over, err := s.started(s.gateway.Status().Adapters[0]); over {
		return err
	}
	for change := range changes {
		if change.Adapter.Name != s.name {
			continue
		}
		if over, err := s.started(change.Adapter); over {
			return err
		}
	}
	return context.Cause(ctx)
}

// started reports whether a start has come to its end, and if so whether well.
func (s *gatewayServer) started(a admin.Adapter) (over bool, err error) {
	switch state := supervisor.State(a.State); state {
	case supervisor.Connected:
		return true, nil
	case supervisor.Failed, supervisor.Backoff, supervisor.Unconfigured:
		return true, fmt.Errorf("adapter is %s: %s", state, a.Reason)
	}
	return false, nil
}

// stopTimeout bounds the end of a gateway beyond its own budgets.
const stopTimeout = 30 * time.Second

func (s *gatewayServer) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := s.gateway.Stop(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
