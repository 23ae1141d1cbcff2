package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// host is the part of the gateway that operators command.
type host interface {
	admin.Controller
	Stop(ctx context.Context) error
}

var _ host = (*gateway.Gateway)(nil)

// control stands between operators and the host: it gives errors their codes, and once the host is told to stop no command
// reaches it any more; a restart in the middle of that would keep a slot alive.
type control struct {
	host host
	// reloaded is called after every reload that put a configuration in force.
	reloaded func()

	mu       sync.RWMutex // held for reading by commands, for writing when stopping begins
	stopping bool
	ctx      context.Context // ends when stopping begins, and every command with it
	cancel   context.CancelCauseFunc
}

var _ admin.Controller = (*control)(nil)

// errStopping is why a command is refused or was cut short.
var errStopping = &admin.Problem{Code: admin.CodeRefused, Message: "innkeeper is stopping"}

func newControl(h host, reloaded func()) *control {
	c := &control{host: h, reloaded: reloaded}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// Status implements admin.Controller.
func (c *control) Status() admin.Status { return c.host.Status() }

// Restart implements admin.Controller.
func (c *control) Restart(ctx context.Context, name string) error {
	return c.do(ctx, func(ctx context.Context) error { return c.host.Restart(ctx, name) })
}

// Pause implements admin.Controller.
func (c *control) Pause(ctx context.Context, name string) error {
	return c.do(ctx, func(ctx context.Context) error { return c.host.Pause(ctx, name) })
}

// Resume implements admin.Controller.
func (c *control) Resume(ctx context.Context, name string) error {
	return c.do(ctx, func(ctx context.Context) error { return c.host.Resume(ctx, name) })
}

// Reload implements admin.Controller.
func (c *control) Reload(ctx context.Context) (touched []string, err error) {
	err = c.do(ctx, func(ctx context.Context) error {
		var err error
		if touched, err = c.host.Reload(ctx); err == nil || errors.Is(err, gateway.ErrUpdateRefused) {
			c.reloaded()
		}
		return err
	})
	return touched, err
}

// do runs a command under a context that also ends when stopping begins.
func (c *control) do(ctx context.Context, command func(context.Context) error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.stopping {
		return errStopping
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(errStopping) })()
	return problem(command(ctx))
}

// stop refuses further commands, cuts short those that run, and stops the host.
func (c *control) stop(ctx context.Context) error {
	c.cancel(errStopping)
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	return c.host.Stop(ctx)
}

// problem gives an error of the host its code.
func problem(err error) error {
	var wrong config.Errors
	p := &admin.Problem{}
	switch {
	case err == nil, errors.As(err, &p):
		return err
	case errors.Is(err, gateway.ErrUnknownAdapter):
		p.Code = admin.CodeUnknownAdapter
	case errors.Is(err, supervisor.ErrRefused), errors.Is(err, gateway.ErrStopped):
		p.Code = admin.CodeRefused
	case errors.Is(err, gateway.ErrDataDir):
		p.Code, p.Hint = admin.CodeRefused, keptHint
	case errors.Is(err, gateway.ErrUpdateRefused):
		p.Code, p.Hint = admin.CodeBadModule, "the module from before stays in use; put another in its place, then reload"
	case errors.As(err, &wrong):
		return &admin.Problem{
			Code: admin.CodeBadConfig, Message: "the configuration cannot be used", Hint: keptHint, Report: wrong.Report(),
		}
	case errors.Is(err, fs.ErrNotExist):
		p.Code, p.Hint = admin.CodeBadConfig, keptHint
	default:
		p.Code = admin.CodeInternal
	}
	p.Message = strings.TrimSuffix(err.Error(), ": "+supervisor.ErrRefused.Error()) // the code says that
	return p
}

const keptHint = "the configuration from before stays in force"
