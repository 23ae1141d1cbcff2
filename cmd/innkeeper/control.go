package main

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/ordinaryfile"
	"innkeeper/runtime/supervisor"
)

// host is the part of the gateway that operators command.
type host interface {
	admin.Controller
	// Config is the configuration in force.
	Config() *config.Config
	Stop(ctx context.Context) error
}

var _ host = (*gateway.Gateway)(nil)

// control stands between operators and the host: it gives errors their codes, and once the host is told to stop no command
// reaches it any more; a restart in the middle of that would keep a slot alive.
type control struct {
	host host
	// reloaded is called after every reload that put a configuration in force.
	reloaded func()
	// losses adds to a status what the process itself knows of what did not get through; nil for nothing.
	losses func(*admin.House)

	mu       sync.RWMutex // held for reading while commands begin, for writing when stopping begins
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
func (c *control) Status() admin.Status {
	status := c.host.Status()
	if c.losses != nil {
		c.losses(&status.House)
	}
	return status
}

// Subscribe implements admin.Controller.
func (c *control) Subscribe(ctx context.Context) iter.Seq[admin.Change] { return c.host.Subscribe(ctx) }

// Restart implements admin.Controller.
func (c *control) Restart(ctx context.Context, name string, cut bool) (admin.Pending, error) {
	return c.begin(ctx, func(ctx context.Context) (admin.Pending, error) { return c.host.Restart(ctx, name, cut) })
}

// Pause implements admin.Controller.
func (c *control) Pause(ctx context.Context, name string) (admin.Pending, error) {
	return c.begin(ctx, func(ctx context.Context) (admin.Pending, error) { return c.host.Pause(ctx, name) })
}

// Resume implements admin.Controller.
func (c *control) Resume(ctx context.Context, name string) (admin.Pending, error) {
	return c.begin(ctx, func(ctx context.Context) (admin.Pending, error) { return c.host.Resume(ctx, name) })
}

// Reload implements admin.Controller.
func (c *control) Reload(ctx context.Context) (admin.Reloaded, error) {
	var done admin.Reloaded
	wait, err := c.begin(ctx, func(ctx context.Context) (admin.Pending, error) {
		var err error
		done, err = c.host.Reload(ctx)
		if done.Wait != nil {
			c.reloaded()
		}
		return done.Wait, err
	})
	done.Wait = wait
	return done, err
}

// begin begins a command, under a context that also ends when stopping begins, and so does the waiting for its outcome.
func (c *control) begin(ctx context.Context, command func(context.Context) (admin.Pending, error)) (admin.Pending, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.stopping {
		return nil, errStopping
	}
	var wait admin.Pending
	err := c.within(ctx, func(ctx context.Context) (err error) {
		wait, err = command(ctx)
		return err
	})
	if wait == nil {
		return nil, err
	}
	return func(ctx context.Context) error { return c.within(ctx, wait) }, err
}

func (c *control) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(errStopping) })()
	return problem(do(ctx))
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
	case errors.Is(err, gateway.ErrUpdateRefused):
		p.Code, p.Hint = admin.CodeUpdateRefused, "what ran before goes on; mend what is wrong, then reload"
	case errors.Is(err, supervisor.ErrNotReady):
		p.Code = admin.CodeNotReady
	case errors.Is(err, supervisor.ErrRefused), errors.Is(err, supervisor.ErrSuperseded), errors.Is(err, gateway.ErrStopped):
		p.Code = admin.CodeRefused
	case errors.Is(err, gateway.ErrDataDir):
		p.Code, p.Hint = admin.CodeRefused, keptHint
	case errors.As(err, &wrong):
		return &admin.Problem{
			Code: admin.CodeBadConfig, Message: "the configuration cannot be used", Hint: keptHint, Report: wrong.Report(),
		}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, ordinaryfile.ErrNotOrdinary),
		errors.Is(err, ordinaryfile.ErrTooLarge), errors.Is(err, ordinaryfile.ErrHangs), errors.Is(err, ordinaryfile.ErrChanging),
		errors.Is(err, gateway.ErrDescriptors):
		p.Code, p.Hint = admin.CodeBadConfig, keptHint
	default:
		p.Code = admin.CodeInternal
	}
	p.Message = strings.TrimSuffix(err.Error(), ": "+supervisor.ErrRefused.Error()) // the code says that
	return p
}

const keptHint = "the configuration from before stays in force"
