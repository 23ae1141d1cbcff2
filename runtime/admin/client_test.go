package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"innkeeper/runtime/limits"
)

func TestCommandsReachTheHost(t *testing.T) {
	dir, host := folder(t), &fakeHost{}
	serve(t, dir, host)
	c, ctx := NewClient(dir), t.Context()
	status, err := c.Status(ctx)
	if err != nil || !reflect.DeepEqual(status, host.Status()) {
		t.Errorf("status: %+v, %v", status, err)
	}
	err = errors.Join(c.Restart(ctx, "api_server", true, Await), c.Pause(ctx, "a/b ?", Await), c.Resume(ctx, "x", Await))
	if err != nil {
		t.Error(err)
	}
	done, err := c.Reload(ctx, Await)
	if want := (Reloaded{Touched: []string{"api_server", "mine"}, Agent: true}); err != nil || !reflect.DeepEqual(done, want) {
		t.Errorf("reload: %+v, %v", done, err)
	}
	if want := []string{"restart api_server true", "pause a/b ?", "resume x", "reload"}; !slices.Equal(host.calls, want) {
		t.Errorf("the host was told %q, want %q", host.calls, want)
	}
}

func TestProblemsComeOutAsTheyWentIn(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want Problem
	}{
		{"unknown adapter", &Problem{Code: CodeUnknownAdapter, Message: "no such adapter"}, Problem{Code: CodeUnknownAdapter, Message: "no such adapter"}},
		{"refused, with a hint", &Problem{Code: CodeRefused, Message: "paused", Hint: "resume it"}, Problem{Code: CodeRefused, Message: "paused", Hint: "resume it"}},
		{"configuration", &Problem{Code: CodeBadConfig, Message: "m", Report: "1 | <x>\n  | ^"}, Problem{Code: CodeBadConfig, Message: "m", Report: "1 | <x>\n  | ^"}},
		{"anything else", errors.New("broken"), Problem{Code: CodeInternal, Message: "broken"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			serve(t, dir, &fakeHost{err: test.err})
			c := NewClient(dir)
			_, reloadErr := c.Reload(t.Context(), Await)
			for _, err := range []error{c.Restart(t.Context(), "x", false, Await), reloadErr} {
				var got *Problem
				if !errors.As(err, &got) || *got != test.want {
					t.Errorf("got %#v, want %#v", err, test.want)
				}
			}
		})
	}
}

func TestStatusOfCodes(t *testing.T) {
	for code, want := range map[Code]int{
		CodeUnknownAdapter: 404, CodeNotFound: 404, CodeRefused: 409, CodeBadConfig: 422, CodeInternal: 500,
	} {
		if got := (&Problem{Code: code}).status(); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

func TestUnknownPathIsAProblemToo(t *testing.T) {
	dir, host := folder(t), &fakeHost{}
	serve(t, dir, host)
	c := NewClient(dir)
	for _, call := range [][2]string{{http.MethodGet, "/v1/nothing"}, {http.MethodGet, "/v1/reload"}, {http.MethodPost, "/v1/status"}, {http.MethodGet, "/metrics"}} {
		var p *Problem
		if err := c.call(t.Context(), call[0], call[1], nil); !errors.As(err, &p) || p.Code != CodeNotFound {
			t.Errorf("%v: %v", call, err)
		}
	}
	if len(host.calls) > 0 {
		t.Errorf("the host was told %q", host.calls)
	}
}

func TestNotRunning(t *testing.T) {
	empty, dead := folder(t), folder(t)
	leaveSocket(t, filepath.Join(dead, socketName))
	for name, dir := range map[string]string{"nothing there": empty, "socket of a dead process": dead, "no such folder": filepath.Join(empty, "x")} {
		_, err := NewClient(dir).Status(t.Context())
		var notRunning *NotRunningError
		if !errors.As(err, &notRunning) || notRunning.DataDir != dir {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := "innkeeper is not running with data folder " + dir; err.Error() != want {
			t.Errorf("%s: %q, want %q", name, err, want)
		}
	}
}

func TestAnswerThatIsNoneOfOurs(t *testing.T) {
	dir := folder(t)
	l, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	other := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "reload") {
			http.Error(w, "<html>", http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte("<html>"))
	})}
	go other.Serve(l)
	t.Cleanup(func() { other.Close() })
	if _, err := NewClient(dir).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "answer") {
		t.Errorf("status: %v", err)
	}
	if _, err := NewClient(dir).Reload(t.Context(), Await); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("reload: %v", err)
	}
}

// Whoever listens at the socket cannot make a command take more memory than an answer of the host would.
func TestAnswersBeyondBounds(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"long":        {`{"adapters":"` + strings.Repeat("x", limits.ControlBytes) + `"}`, "bytes"},
		"deep":        {strings.Repeat("[", 1<<20), "levels"},
		"many values": {`{"adapters":[` + strings.Repeat("{},", limits.ControlValues) + `{}]}`, "values"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			l, err := net.Listen("unix", filepath.Join(dir, socketName))
			if err != nil {
				t.Fatal(err)
			}
			other := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })}
			go other.Serve(l)
			t.Cleanup(func() { other.Close() })
			if _, err := NewClient(dir).Status(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("status: %v", err)
			}
			changes, err := NewClient(dir).Changes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, err = range changes {
				break
			}
			if err == nil || name != "long" && !strings.Contains(err.Error(), c.want) {
				t.Errorf("changes: %v", err)
			}
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	dir := folder(t)
	entered := make(chan struct{}, 1)
	serve(t, dir, &fakeHost{hold: func(ctx context.Context) {
		entered <- struct{}{}
		<-ctx.Done()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	if err := NewClient(dir).Restart(ctx, "x", false, Await); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// leaveSocket leaves a socket behind as a killed process does.
func leaveSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
}

// A command that is not waited for comes back although its outcome is open.
func TestCommandNeedNotBeWaitedFor(t *testing.T) {
	dir, host := folder(t), &fakeHost{err: errors.New("the outcome")}
	serve(t, dir, host)
	c := NewClient(dir)
	_, reloadErr := c.Reload(t.Context(), NoAwait)
	if err := errors.Join(c.Restart(t.Context(), "x", false, NoAwait), c.Pause(t.Context(), "x", NoAwait), reloadErr); err != nil {
		t.Error(err)
	}
	if len(host.calls) > 0 {
		t.Errorf("waited for %q", host.calls)
	}
}

func TestChangesReachTheClient(t *testing.T) {
	dir := folder(t)
	want := []Change{
		{Boot: "b", Number: 1, Code: "connected", Adapter: Adapter{Name: "x", State: "connected"}},
		{Boot: "b", Number: 9, Code: ChangeGap, Missed: 7},
	}
	serve(t, dir, &fakeHost{changes: want})
	changes, err := NewClient(dir).Changes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []Change
	for change, err := range changes {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, change)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
