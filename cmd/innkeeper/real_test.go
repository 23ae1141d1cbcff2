package main

import (
	"strings"
	"syscall"
	"testing"

	"innkeeper/cmd/internal/adaptertest"
)

func TestAskThroughTheRealAPIServer(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a module of 3.6 MB")
	}
	sh := newShell(t)
	sh.terminal, sh.env["NO_COLOR"] = true, "1"
	sh.want(exOK, []string{"init"})
	text := strings.NewReplacer(
		`#listen = "127.0.0.1:8642"`, `listen = "127.0.0.1:0"`,
		`#module = "builtin:api_server"`, `module = "`+adaptertest.APIServerFile(t, sh.dir)+`"`,
		`#engine = "compiler"`, `engine = "interpreter"`, // under the race detector the compiler takes minutes
	).Replace(sh.read("innkeeper.toml"))
	sh.write("innkeeper.toml", text)
	sh.want(exOK, []string{"check"}, "yes")
	s := sh.runs()
	until(t, "the summary", func() bool { return strings.Contains(s.out.String(), "Ctrl-C") })
	if summary := s.out.String(); !strings.Contains(summary, `ask "hello"`) || !strings.Contains(summary, "connected") || strings.Count(summary, "\n") > 12 {
		t.Errorf("the summary: %s", summary)
	}
	for _, args := range [][]string{{"ask", "hello"}, {"ask", "--no-stream", "hello"}} {
		if r := sh.want(exOK, args); r.out != "hello\n" {
			t.Errorf("%q printed %q", args, r.out)
		}
	}
	sh.want(exOK, []string{"pause", "api_server"})
	sh.want(exTempFail, []string{"ask", "hello"}, "paused", "try again in")
	sh.want(exOK, []string{"resume", "api_server"})

	_, after, _ := strings.Cut(text, `key = "ik_`)
	secret, _, _ := strings.Cut(after, `"`)
	sh.write("innkeeper.toml", strings.Replace(sh.read("innkeeper.toml"), secret, "another0key1that2nobody3knows", 1))
	sh.want(exNoPerm, []string{"ask", "hello"}, "may have another key")
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
	if len(secret) < 16 || strings.Contains(s.out.String()+s.err.String(), secret) {
		t.Error("the key was printed, or there is none")
	}
}
