package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/limits"
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

// NoAnswerError means that a host is there and does not answer: it is stopped, or the machine gives it no time.
type NoAnswerError struct {
	DataDir string
	PID     int // 0 if unknown
}

// Error implements error.
func (e *NoAnswerError) Error() string {
	pid := "pid unknown"
	if e.PID > 0 {
		pid = fmt.Sprintf("pid %d", e.PID)
	}
	return fmt.Sprintf("innkeeper is not answering, with data folder %s (%s)", e.DataDir, pid)
}

// Client talks to the host that runs with a data folder. Its methods return a [*Problem] for what the host refuses, a
// [*NotRunningError] if there is no host, a [*NoAnswerError] if it does not say its status, and an error that matches [fs.ErrPermission] if it belongs to another user.
type Client struct {
	dataDir  string
	http     http.Client
	patience time.Duration // with a status
}

// NewClient makes a client; it connects with each call and holds nothing in between.
func NewClient(dataDir string) *Client {
	c := &Client{dataDir: dataDir, patience: statusTimeout}
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
	case errors.Is(err, syscall.EAGAIN), os.IsTimeout(err): // so many wait already that the system lets no more wait
		return nil, c.noAnswer()
	}
	return nil, &NotRunningError{DataDir: c.dataDir, err: err}
}

// Status asks what the host and its adapters are doing now. It waits a few seconds at most.
func (c *Client) Status(ctx context.Context) (Status, error) {
	patient, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	var status Status
	err := c.call(patient, http.MethodGet, "/v1/status", &status)
	if err != nil && patient.Err() != nil && ctx.Err() == nil {
		return Status{}, c.noAnswer()
	}
	return status, err
}

// noAnswer is the error of a host that does not answer, with the process that has claimed the folder.
func (c *Client) noAnswer() error {
	e := &NoAnswerError{DataDir: c.dataDir}
	if text, err := readSmall(filepath.Join(c.dataDir, lockName)); err == nil {
		e.PID = parsePID(text)
	}
	return e
}

// Wait says whether a command returns with its outcome, or as soon as it is under way. When the context of a command that
// waits ends, what was begun goes on.
type Wait bool

// The two ways.
const (
	Await   Wait = true
	NoAwait Wait = false
)

// Restart begins a new generation of an adapter; with cut, what is open is not waited for.
func (c *Client) Restart(ctx context.Context, name string, cut bool, wait Wait) error {
	return c.onAdapter(ctx, name, "restart", url.Values{cutParameter: {strconv.FormatBool(cut)}}, wait)
}

// Pause ends an adapter's instances and keeps it from running until Resume.
func (c *Client) Pause(ctx context.Context, name string, wait Wait) error {
	return c.onAdapter(ctx, name, "pause", url.Values{}, wait)
}

// Resume lets a paused adapter run again.
func (c *Client) Resume(ctx context.Context, name string, wait Wait) error {
	return c.onAdapter(ctx, name, "resume", url.Values{}, wait)
}

func (c *Client) onAdapter(ctx context.Context, name, verb string, query url.Values, wait Wait) error {
	query.Set(awaitParameter, strconv.FormatBool(bool(wait)))
	return c.call(ctx, http.MethodPost, "/v1/adapters/"+url.PathEscape(name)+"/"+verb+"?"+query.Encode(), nil)
}

// Reload makes the host read its configuration anew and returns what that touched.
func (c *Client) Reload(ctx context.Context, wait Wait) (Reloaded, error) {
	var done Reloaded
	query := url.Values{awaitParameter: {strconv.FormatBool(bool(wait))}}
	err := c.call(ctx, http.MethodPost, "/v1/reload?"+query.Encode(), &done)
	return done, err
}

// Changes follows what happens to the adapters, from the moment that it returns until ctx or the host ends. The error that
// ends the sequence is the cause, nil if the host ended it.
func (c *Client) Changes(ctx context.Context) (iter.Seq2[Change, error], error) {
	response, err := c.send(ctx, http.MethodGet, changesPath)
	if err != nil {
		return nil, err
	}
	return func(yield func(Change, error) bool) {
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, limits.ControlBytes)
		for lines.Scan() {
			var change Change
			err := decode(lines.Bytes(), &change)
			if !yield(change, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Change{}, fmt.Errorf("control socket: changes: %w", err))
		}
	}, nil
}

// decode parses an answer, or a line of one, that is within its bounds.
func decode(text []byte, out any) error {
	err := jsonbound.Check(text, answerBounds())
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		return fmt.Errorf("control socket: answer: %w", err)
	}
	return nil
}

// call asks for path and decodes the answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, out any) error {
	response, err := c.send(ctx, method, path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if out == nil {
		return nil
	}
	return read(response, out)
}

// read reads and parses a whole answer.
func read(response *http.Response, out any) error {
	text, err := jsonbound.Read(response.Body, answerBounds())
	if err != nil {
		return fmt.Errorf("control socket: answer: %w", err)
	}
	return decode(text, out)
}

// send asks for path and returns an answer that is no refusal.
func (c *Client) send(ctx context.Context, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://innkeeper"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	defer response.Body.Close()
	var refused refusal
	if read(response, &refused) != nil || refused.Error == nil {
		return nil, fmt.Errorf("control socket: %s", response.Status)
	}
	return nil, refused.Error
}

// reason takes off the wrapping that names a URL which nobody typed.
func reason(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var known *NotRunningError
	var silent *NoAnswerError
	if errors.As(err, &known) || errors.As(err, &silent) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("control socket: %w", err)
}
