//go:build unix

package main

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/config"
)

// pipe makes a pipe whose other end nobody opens, in the place of whatever is there.
func (sh *shell) pipe(name string) string {
	sh.t.Helper()
	_ = os.Remove(sh.path(name))
	if err := syscall.Mkfifo(sh.path(name), 0o600); err != nil {
		sh.t.Skip(err)
	}
	return sh.path(name)
}

// Pipes and devices in the place of files that configure hold up nothing.
func TestFilesThatAreNone(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	const mine = "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = "
	sh.pipe("innkeeper.toml")
	for _, args := range [][]string{{"check"}, {"run"}, {"grant", "mine"}} {
		sh.want(exConfig, args, "is no ordinary file")
	}
	sh.want(exUnavailable, []string{"status"}, "not running")
	_ = os.Remove(sh.path("innkeeper.toml"))
	sh.pipe("token")
	sh.write("innkeeper.toml", mine+"\"file:token\"\n")
	sh.want(exConfig, []string{"check"}, "no: unconfigured", "token is no ordinary file")
	sh.write("innkeeper.toml", mine+"\"file:/dev/zero\"\n")
	sh.want(exConfig, []string{"check"}, "/dev/zero is no ordinary file")
	sh.write("innkeeper.toml", mine+"\"t\"\n[agent]\nkind = \"openai\"\napi_key = \"file:token\"\n")
	sh.want(exConfig, []string{"check"}, "token is no ordinary file")

	sh.write("innkeeper.toml", mine+"\"t\"\n")
	s := sh.runs()
	sh.pipe("innkeeper.toml")
	sh.want(exConfig, []string{"reload"}, "is no ordinary file", keptHint)
	sh.signals <- syscall.SIGHUP
	until(t, "the reload is refused", func() bool { return strings.Contains(s.err.String(), `"msg":"reload"`) })
	_ = os.Remove(sh.path("innkeeper.toml"))
	sh.write("innkeeper.toml", mine+"\"t\"\n")
	sh.pipe("quiet.wasm")
	sh.want(exDataErr, []string{"restart", "mine"}, "is no ordinary file")
	sh.want(exOK, []string{"status"}, "connected")
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// A start that waits for a file which does not answer can be ended, and is not troubled by the wish to reload.
func TestAStartThatWaitsForAFileCanBeEnded(t *testing.T) {
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGHUP
	signals <- syscall.SIGTERM
	conf, err := firstLoad(t.Context(), signals, func(ctx context.Context) (*config.Config, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	if conf != nil || err != nil {
		t.Errorf("%v, %v", conf, err)
	}
}
