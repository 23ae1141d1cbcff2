package main

import (
	"context"

	"innkeeper/runtime/artifact"
)

// watchFolder reloads whenever something in the drop-in folder is another. What it returns ends that and waits for it.
func (s *service) watchFolder() (stop func()) {
	watcher := artifact.Watcher{
		Folder: func() string { return s.conf.Load().DropIns.Folder }, Seen: s.conf.Load().DropIns.State,
		Changed: func() {
			s.logger.Info("adapters_dir changed", "folder", s.conf.Load().DropIns.Folder)
			s.askReload()
		},
		Logger: s.logger, Files: &s.app.files,
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		watcher.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// askReload asks for a reload, unless one is asked for already.
func (s *service) askReload() {
	select {
	case s.reloads <- struct{}{}:
	default:
	}
}
