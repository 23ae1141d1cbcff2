package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api"
	"innkeeper/adapters/sdk"
	"innkeeper/cmd/internal/gateway"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo"
	"innkeeper/runtime/front"
)

// twinServer is the bundled adapter as native code: the same setup on the same host functions behind the same front. All
// that is missing is the sandbox.
type twinServer struct {
	front *front.Front
	site  *front.Site
	guest *guesthost.Guest
	ended chan int // exit code of the adapter
}

var _ server = (*twinServer)(nil)

func newTwin(ctx context.Context, path string) (*twinServer, error) {
	whole, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	conf := whole.Adapter(apiServer)
	guest, err := gateway.GuestOf(conf)
	if err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s := &twinServer{ended: make(chan int, 1)}
	answerer := echo.New(echo.Config{Delay: whole.Agent.Delay})
	guest.Generation, guest.Version, guest.Logger = 1, "bench", logger
	guest.Folder = gateway.FolderOf(whole.DataDir, conf.Name)
	guest.Families = gateway.Families(func() agent.Agent { return answerer })
	s.guest = guesthost.New(ctx, guest)
	s.front = front.New(front.Config{Logger: logger})
	if s.site, err = s.front.Open(ctx, gateway.SiteOf(conf, logger)); err != nil {
		return nil, err
	}
	go func() { s.ended <- sdk.New(s.guest.Host).Run(api.Setup) }()
	select {
	case <-s.guest.Ready:
		http, ok := guesthost.Find[*httpfn.Family](s.guest)
		if !ok {
			return nil, errors.New("the bundled adapter has no HTTP")
		}
		s.site.Attach(http)
		return s, nil
	case code := <-s.ended:
		failure, _ := s.guest.Failure()
		return nil, fmt.Errorf("twin ended with code %d before it was ready: %s: %s", code, failure.Code, failure.Message)
	}
}

func (s *twinServer) address() string { return s.site.Addr().String() }

func (s *twinServer) figures(f *figures) {
	for _, count := range s.guest.Ledger.Counts() {
		f.Opened, f.Closed, f.Failed, f.Open = f.Opened+count.Opened, f.Closed+count.Closed, f.Failed+count.Failed, f.Open+count.Open
	}
}

func (s *twinServer) restart(context.Context) (time.Duration, error) { return 0, errNoRestart }

// close ends the adapter as the engine ends a guest: ask, wait, take everything back.
func (s *twinServer) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	s.guest.Mailbox.RefuseNew()
	ask := abi.Shutdown{Reason: "stop"}
	errs := []error{s.guest.Mailbox.Post(abi.EventShutdown, 0, ask.Append(nil))}
	select {
	case code := <-s.ended:
		if code != sdk.ExitDone {
			errs = append(errs, fmt.Errorf("twin ended with code %d", code))
		}
	case <-ctx.Done():
		errs = append(errs, errors.New("twin did not end"))
	}
	s.guest.Kill(context.Canceled)
	s.guest.Mailbox.Close()
	return errors.Join(append(errs, s.guest.Ledger.CloseAll(ctx), s.guest.Finish(ctx), s.front.Close(ctx))...)
}
