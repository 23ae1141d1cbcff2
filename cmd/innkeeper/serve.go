package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/admin/scrape"
	"innkeeper/runtime/config"
)

// service is the running process: the host, its control socket, and what a signal does.
type service struct {
	app     *app
	logger  *slog.Logger
	server  *admin.Server
	control *control
	conf    atomic.Pointer[config.Config] // as read last
	reloads chan struct{}                 // one waiting reload is enough for any number of signals
	hungUp  func() bool                   // the terminal that the process was started from is gone
}

// serve runs the host until a signal or ctx ends it.
func (a *app) serve(ctx context.Context) error {
	signals, end := a.signals()
	defer end()
	conf, err := firstLoad(ctx, signals, func(ctx context.Context) (*config.Config, error) { return a.loadAfter(ctx, nil) })
	if err != nil || conf == nil {
		return err
	}
	level := &slog.LevelVar{}
	a.setLevel(level, conf.LogLevel)
	s := &service{app: a, logger: a.logger(level), reloads: make(chan struct{}, 1), hungUp: a.hangup()}
	s.keep(conf)
	if s.server, err = admin.Listen(conf.DataDir); err != nil {
		return a.noDataFolder(err)
	}
	g, err := gateway.Start(ctx, conf, gateway.Options{
		Version: versionText(), Logger: s.logger, Load: s.load, Compiler: a.compiler(),
	})
	if err != nil {
		return errors.Join(err, s.server.Close(ctx))
	}
	s.control = newControl(g, func() { a.setLevel(level, g.Config().LogLevel) })
	s.control.losses = a.losses
	s.server.Serve(s.control, scrape.Handler(s.control.Status), s.logger)
	s.logger.Info("innkeeper runs", "version", versionText(), "config", conf.Path, "data_dir", conf.DataDir, "agent", string(conf.Agent.Kind))
	received := s.watch(ctx, signals)
	return s.stop(received, signals)
}

// losses adds what did not get through to the status of the house.
func (a *app) losses(house *admin.House) {
	house.ReadsHanging, house.ReadsGivenUp = a.files.GivenUp()
	if a.queued != nil {
		house.LogDropped = a.queued.err.Dropped()
	}
}

// firstLoad reads the configuration for a start. A signal that asks for the end is obeyed although files may not answer; there is no
// configuration then.
func firstLoad(
	ctx context.Context, signals <-chan os.Signal, load func(context.Context) (*config.Config, error),
) (*config.Config, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conf *config.Config
		err  error
	}
	loaded := make(chan result, 1)
	go func() { // ends soon after ctx
		conf, err := load(ctx)
		loaded <- result{conf, err}
	}()
	for {
		select {
		case r := <-loaded:
			return r.conf, r.err
		case received := <-signals:
			if isReload(received) {
				continue // it is being read
			}
			cancel()
			<-loaded
			return nil, nil
		}
	}
}

// noDataFolder returns the failure of a data folder that cannot be used.
func (a *app) noDataFolder(err error) error {
	var held *admin.HeldError
	if errors.As(err, &held) {
		return err
	}
	return a.cannotCreate(err, "data_dir in "+a.configPath+" says where the data folder is")
}

// load reads the configuration for a reload and keeps it.
func (s *service) load(ctx context.Context) (*config.Config, error) {
	conf, err := s.app.loadAfter(ctx, s.conf.Load())
	if err == nil {
		s.keep(conf)
	}
	return conf, err
}

// keep notes a configuration, and tells the operator of files that it makes nothing of.
func (s *service) keep(conf *config.Config) {
	s.conf.Store(conf)
	for _, ignored := range conf.DropIns.Ignored {
		s.logger.Warn("file ignored", "file", ignored.Path, "reason", ignored.Reason)
	}
}

// watch shows the summary once there is something true to say, and acts on signals until one asks for the end, which it
// returns; nil if ctx ended instead.
func (s *service) watch(ctx context.Context, signals <-chan os.Signal) os.Signal {
	stopReloads := s.reloadInTurn()
	defer stopReloads()
	stopWatching := s.watchFolder()
	defer stopWatching()
	stopGreeting := s.greet(ctx)
	defer stopGreeting()
	for {
		select {
		case received := <-signals:
			if !isReload(received) || s.hungUp() {
				return received
			}
			s.askReload()
		case <-ctx.Done():
			return nil
		}
	}
}

// greet starts the goroutine that shows the summary when every adapter has come to a state that says something. What it returns
// ends it and waits for it.
func (s *service) greet(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	changes := s.control.Subscribe(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if s.welcome() {
			return
		}
		for range changes {
			if s.welcome() {
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
