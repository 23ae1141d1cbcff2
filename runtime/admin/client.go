package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
)

// NotRunningError means that nobody listens at the data folder's socket.
type NotRunningError struct {
	DataDir string
	err     error
}

// Error implements error.
func (e *NotRunningError) Error() string {
	return fmt.Sprintf("innkeeper is not running with data folder %s", e.DataDir)
}

// Unwrap returns the system's error.
func (e *NotRunningError) Unwrap() error { return e.err }

// Client talks to the host that runs with a data folder. Its methods return a [*Problem] for what the host refuses, a
// [*NotRunningError] if there is no host, and an error that matches [fs.ErrPermission] if it belongs to another user.
type Client struct {
	dataDir string
	http    http.Client
}

// NewClient makes a client; it connects with each call and holds nothing in between.
func NewClient(dataDir string) *Client {
	c := &Client{dataDir: dataDir}
	c.http.Transport = &http.Transport{DialContext: c.dial, DisableKeepAlives: true}
	return c
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	path := socketPath(c.dataDir)
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("control socket[%s]: it belongs to another user: %w", path, fs.ErrPermission)
	case ctx.Err() != nil:
		return nil, err
	}
	return nil, &NotRunningError{DataDir: c.dataDir, err: err}
}

// Status asks what the host and its adapters are doing now.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var status Status
	err := c.call(ctx, http.MethodGet, "/v1/status", &status)
	return status, err
}

// Restart ends an adapter's instance and starts the next generation; it returns once that is under way.
func (c *Client) Restart(ctx context.Context, name string) error {
	return c.onAdapter(ctx, name, "restart")
}

// Pause ends an adapter's instance and keeps it from running until Resume; it returns once that is under way.
func (c *Client) Pause(ctx context.Context, name string) error {
	return c.onAdapter(ctx, name, "pause")
}

// Resume lets a paused adapter run again; it returns once that is under way.
func (c *Client) Resume(ctx context.Context, name string) error {
	return c.onAdapter(ctx, name, "resume")
}

func (c *Client) onAdapter(ctx context.Context, name, verb string) error {
	return c.call(ctx, http.MethodPost, "/v1/adapters/"+url.PathEscape(name)+"/"+verb, nil)
}

// Reload makes the host read its configuration anew and returns the names of the adapters that it touched.
func (c *Client) Reload(ctx context.Context) ([]string, error) {
	var answer reloaded
	err := c.call(ctx, http.MethodPost, "/v1/reload", &answer)
	return answer.Touched, err
}

// call asks for path and decodes the answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://innkeeper"+path, nil)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reason(err)
	}
	defer response.Body.Close()
	body := json.NewDecoder(io.LimitReader(response.Body, maxAnswerBytes))
	if response.StatusCode >= http.StatusBadRequest {
		var refused refusal
		if err := body.Decode(&refused); err != nil || refused.Error == nil {
			return fmt.Errorf("control socket: %s", response.Status)
		}
		return refused.Error
	}
	if out == nil {
		return nil
	}
	if err := body.Decode(out); err != nil {
		return fmt.Errorf("control socket: answer: %w", err)
	}
	return nil
}

// reason takes off the wrapping that names a URL which nobody typed.
func reason(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var known *NotRunningError
	if errors.As(err, &known) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("control socket: %w", err)
}
