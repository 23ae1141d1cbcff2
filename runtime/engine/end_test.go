package engine_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"innkeeper/runtime/engine"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// exits calls proc_exit with the code.
func exits(code int) func(*wt.Builder) {
	return func(b *wt.Builder) {
		exit := b.ProcExit()
		b.Main("", wt.I32Const(code), wt.Call(exit), wt.Forever())
	}
}

// inStart runs body in the start section, before _start, which must not be reached.
func inStart(b *wt.Builder, body ...wt.Code) {
	b.StartSection(b.Func("", "", "", "", body...))
	b.Main("", wt.Forever())
}

// fails calls lifecycle.fail and exits with the code.
func fails(retryable, code int) func(*wt.Builder) {
	return func(b *wt.Builder) {
		fail := b.Import("innkeeper:lifecycle@1", "fail", wt.I32x(5), wt.I32)
		exit := b.ProcExit()
		word, wordLen := b.String("bad_token")
		text, textLen := b.String("the token was refused")
		b.Main("", wt.I32Const(word), wt.I32Const(wordLen), wt.I32Const(retryable), wt.I32Const(text), wt.I32Const(textLen),
			wt.Call(fail), wt.Drop, wt.I32Const(code), wt.Call(exit))
	}
}

func TestHowARunEnds(t *testing.T) {
	tests := []struct {
		name    string
		guest   func(*wt.Builder)
		verdict outcome.Verdict
		code    string
		message string
	}{
		{"return", func(b *wt.Builder) { b.Main("") }, outcome.Done, "exit", "exit code 0"},
		{"exit 0", exits(0), outcome.Done, "exit", "exit code 0"},
		{"exit 1", exits(1), outcome.Retry, "exit", "exit code 1"},
		{"exit 75", exits(75), outcome.Retry, "exit", "exit code 75"},
		{"exit 78", exits(78), outcome.Final, "exit", "EX_CONFIG"},
		{"exit -1", exits(-1), outcome.Retry, "exit", "exit code 4294967295"},
		{"fail for ever", fails(0, 78), outcome.Final, "bad_token", "the token was refused"},
		{"fail for now", fails(1, 75), outcome.Retry, "bad_token", "the token was refused"},
		{"fail and exit 0", fails(0, 0), outcome.Final, "bad_token", "the token was refused"},
		{"trap", func(b *wt.Builder) { b.Main("", wt.Unreachable) }, outcome.Retry, "trap", "unreachable"},
		{"memory out of bounds", func(b *wt.Builder) { b.Main("", wt.I32Const(-4), wt.I32Load, wt.Drop) }, outcome.Retry, "trap", "out of bounds"},
		{"start section: trap", func(b *wt.Builder) { inStart(b, wt.Unreachable) }, outcome.Retry, "trap", "unreachable"},
		{"start section: exit 0", func(b *wt.Builder) {
			exit := b.ProcExit()
			inStart(b, wt.I32Const(0), wt.Call(exit))
		}, outcome.Done, "exit", "exit code 0"},
		{"start section: exit 78", func(b *wt.Builder) {
			exit := b.ProcExit()
			inStart(b, wt.I32Const(78), wt.Call(exit))
		}, outcome.Final, "exit", "EX_CONFIG"},
		{"host panic", func(b *wt.Builder) {
			panics := importTest(b, "panic")
			b.Main("", wt.Call(panics), wt.Forever())
		}, outcome.Retry, "host_panic", "a bug of the host"},
		{"host panic in the start section", func(b *wt.Builder) {
			panics := importTest(b, "panic")
			inStart(b, wt.Call(panics))
		}, outcome.Retry, "host_panic", "a bug of the host"},
		{"host nil pointer", func(b *wt.Builder) {
			panics := importTest(b, "nil")
			b.Main("", wt.Call(panics), wt.Forever())
		}, outcome.Retry, "host_panic", "nil pointer"},
	}
	functions := host{
		"panic": func(context.Context) { panic("a bug of the host") },
		"nil":   func(context.Context) { var p *int; *p = 1 },
	}
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				b := wt.New()
				test.guest(b)
				program := compile(t, b.Build(), functions, interpreter)
				// The second run shows that the first left nothing behind, and that a poisoned instance is not used again.
				for range 2 {
					s := newStay()
					exit := s.run(t, program)
					check(t, exit, test.verdict, test.code)
					if !strings.Contains(exit.Message, test.message) {
						t.Errorf("message %q, want one with %q", exit.Message, test.message)
					}
					if traced := test.code == "trap" || test.code == "host_panic"; traced != (exit.Trace != "") {
						t.Errorf("trace %q", exit.Trace)
					}
					want := []string{"detach: teardown", "finish"}
					if strings.Join(s.events, ", ") != strings.Join(want, ", ") {
						t.Errorf("callbacks %q, want %q", s.events, want)
					}
				}
			})
		}
	})
}

// Names in a stack trace are the guest's own: they must not flood or forge a status line.
func TestMessageOfATrapIsShortAndClean(t *testing.T) {
	for name, function := range map[string]string{
		"long":    strings.Repeat("x", 1000),
		"control": "a\r\n\x1b[31mconnected\x00",
		"wide":    strings.Repeat("…", 330),
	} {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			fn := b.Func("", "", "", "", wt.Unreachable)
			b.Main("", wt.Call(fn))
			names := wt.Name(function)
			b.Custom("name", wt.Section(1, wt.Vec(wt.U32(fn)+names)))
			cfg := config(t, b.Build(), nil, false, testPages)
			cfg.Wasm = b.Build() // metering takes the names out; whoever compiles other bytes must be safe as well
			program, err := engine.Compile(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer program.Close(context.Background())
			exit := newStay().run(t, program)
			check(t, exit, outcome.Retry, "trap")
			if len(exit.Message) > 512 || strings.ContainsAny(exit.Message, "\r\n\x1b\x00") || !utf8.ValidString(exit.Message) {
				t.Errorf("message of %d bytes: %q", len(exit.Message), exit.Message)
			}
			if !strings.HasPrefix(exit.Message, "wasm error: unreachable") {
				t.Errorf("message %q does not begin with the reason", exit.Message)
			}
			if len(exit.Trace) > 8<<10 || strings.ContainsAny(exit.Trace, "\r\x1b\x00") || !utf8.ValidString(exit.Trace) {
				t.Errorf("trace of %d bytes", len(exit.Trace))
			}
		})
	}
}

// What a host function found beats the exit code of the guest that it ended.
func TestFatalHostFunctionIsTheReason(t *testing.T) {
	s := newStay()
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return wt.Forever(untilEvent(b, wait)) }), nil, false)
	s.OnReady = func() { s.Kill(context.DeadlineExceeded) }
	s.Failure = func() (outcome.Failure, bool) {
		return outcome.Failure{Code: "database_corrupt", Message: "the database is damaged"}, true
	}
	check(t, s.run(t, program), outcome.Final, "database_corrupt")
	s = newStay()
	s.OnReady = func() { s.Kill(context.DeadlineExceeded) }
	check(t, s.run(t, program), outcome.Retry, "killed")
}

func TestOutputOfAGuest(t *testing.T) {
	b := wt.New()
	write := b.Import("wasi_snapshot_preview1", "fd_write", wt.I32x(4), wt.I32)
	text, n := b.String("hello\n")
	iov := b.Reserve(8)
	b.Main("", wt.I32Const(iov), wt.I32Const(text), wt.I32Store, wt.I32Const(iov+4), wt.I32Const(n), wt.I32Store,
		wt.I32Const(1), wt.I32Const(iov), wt.I32Const(1), wt.I32Const(iov), wt.Call(write), wt.Drop,
		wt.I32Const(2), wt.I32Const(iov), wt.I32Const(1), wt.I32Const(iov), wt.Call(write), wt.Drop)
	program := compile(t, b.Build(), nil, false)
	s := newStay()
	check(t, s.run(t, program), outcome.Done, "exit")
	if got := s.printed.String(); got != "hello\n" {
		t.Errorf("stdout %q", got)
	}
}
