package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"innkeeper/cmd/internal/testexec"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// testRun is one call of testexec.
type testRun struct {
	manifest    string // path; empty: looked for
	agent       string // path of a script; empty: the echo agent
	engine      string
	failOnLeaks bool
}

func (a *app) testexecCommand() *cobra.Command {
	var t testRun
	cmd := &cobra.Command{
		Use:   "testexec [flags] MODULE [ARGS...]",
		Short: "Run a guest's own tests in the sandbox, for go test -exec",
		Long: "Run a module that go test built, in the sandbox: with the families that manifest.toml asks for, databases in a temporary\n" +
			"folder, every setting at its default, every secret set, and an agent. Output and exit code are the test's. What it leaves\n" +
			"open is named at the end.\n\n" +
			"The manifest is looked for in the current folder and above, up to the one with go.mod; without any, the test gets WASI only.\n" +
			"A guest has no files, so tests read none, and coverage and profiles cannot be written.",
		Example: "  GOOS=wasip1 GOARCH=wasm go test -exec 'innkeeper testexec' ./...\n" +
			"  GOOS=wasip1 GOARCH=wasm go test -exec 'innkeeper testexec --agent testdata/agent.toml --fail-on-leaks' .",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.testexec(cmd.Context(), t, args[0], args[1:]) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows MODULE is the test's
	flags.StringVar(&t.manifest, "manifest", "", "the adapter's manifest is `FILE`")
	flags.StringVar(&t.agent, "agent", "", "the agent answers by the rules in `FILE`; default is the echo agent")
	flags.StringVar(&t.engine, "engine", string(config.EngineCompiler), "`ENGINE` to run it with: compiler or interpreter, as in an adapter's limits")
	flags.BoolVar(&t.failOnLeaks, "fail-on-leaks", false, "fail if the test leaves something open")
	return cmd
}

func (a *app) testexec(ctx context.Context, t testRun, module string, args []string) error {
	if engine := config.Engine(t.engine); engine != config.EngineCompiler && engine != config.EngineInterpreter {
		return fail(exUsage, "", "--engine must be compiler or interpreter, not %q", t.engine)
	}
	text, err := t.manifestText(ctx)
	if err != nil {
		return err
	}
	script, err := t.script(ctx)
	if err != nil {
		return err
	}
	answers, err := testexec.Agent(script)
	if err != nil {
		return fail(exDataErr, "", "%s: %w", t.agent, err)
	}
	defer answers.Close()
	ctx, cancel := a.untilSignal(ctx)
	defer cancel()
	result, err := testexec.Run(ctx, testexec.Config{
		Module: module, Args: withoutTestLog(args), Limit: testLimit(args), Interpreter: t.engine == string(config.EngineInterpreter),
		Manifest: text, Agent: answers, Stdout: a.out, Stderr: a.err,
		Compiler: a.compiler(), Logger: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{ReplaceAttr: withoutTime})), Version: versionText(),
	})
	if err != nil {
		if ended := context.Cause(ctx); ended != nil {
			err = endedTest(ended)
		}
		return err
	}
	return a.reportTest(result, t.failOnLeaks)
}

// withoutTime leaves the time out of the log: go test shows how long a test took.
func withoutTime(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}

// signalError is why something ended that a signal ended.
type signalError struct{ received os.Signal }

func (s *signalError) Error() string { return fmt.Sprintf("received the signal %v", s.received) }

// untilSignal is a context that ends with a signal.
func (a *app) untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	received, endSignals := a.signals()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case s := <-received:
			cancel(&signalError{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
		endSignals()
	}
}

// reportTest says how the test ended, and what it left open.
func (a *app) reportTest(result testexec.Result, failOnLeaks bool) error {
	if len(result.Left) > 0 {
		fmt.Fprintln(a.err, "innkeeper: the test left open:")
		for _, item := range result.Left {
			fmt.Fprintf(a.err, "\t%s %d, from %s\n", item.Kind, item.ID, item.Opener)
		}
	}
	switch {
	case result.Cut != nil:
		return endedTest(result.Cut)
	case result.Code != "exit":
		return &failure{code: exSoftware, err: fmt.Errorf("the test did not come to its end: %s", result.Text()), report: result.Trace}
	case result.ExitCode != 0:
		return &failure{code: result.ExitCode} // the test has said why
	case len(result.Left) > 0 && failOnLeaks:
		return fail(exTestFailed, "close what the test opens; handles of an adapter that ends are closed by the host", "handles left open: %d", len(result.Left))
	}
	return nil
}

// endedTest says that the host ended the test, or what comes before it. One that a signal ended has that for an exit code, as everywhere.
func endedTest(why error) error {
	code := exTestFailed
	var signalled *signalError
	if errors.As(why, &signalled) {
		code = signalCode(signalled.received)
	}
	return fail(code, "", "the test was ended: %w", why)
}

// withoutTestLog leaves out the flag with which go test asks for a list of the files that were read, which it wants for its cache: a
// guest has no files. Without the list nothing is cached, which is right, since the manifest and the host have a say as well.
func withoutTestLog(args []string) (kept []string) {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-test.testlogfile=") {
			kept = append(kept, arg)
		}
	}
	return kept
}

// testGrace is how long after its own limit a test may still say where it stands.
const testGrace = time.Second

// testLimit is how long a test may run, 0 for as long as it likes: the limit that go test gave it, which a guest that never yields
// does not hear, and some grace.
func testLimit(args []string) time.Duration {
	for _, arg := range args {
		text, ok := strings.CutPrefix(arg, "-test.timeout=")
		if limit, err := time.ParseDuration(text); ok && err == nil && limit > 0 { // the test itself complains of others
			return limit + testGrace
		}
	}
	return 0
}

// script is the text of the agent's rules, empty for none.
func (t *testRun) script(ctx context.Context) ([]byte, error) {
	if t.agent == "" {
		return nil, nil
	}
	return readAtMost(ctx, t.agent, limits.ManifestBytes)
}

// bareManifest is that of a package which has none.
const bareManifest = "name = \"test\"\nversion = \"0\"\nfamilies = []\n"

func (t *testRun) manifestText(ctx context.Context) ([]byte, error) {
	path, err := t.manifestPath()
	if err != nil || path == "" {
		return []byte(bareManifest), err
	}
	text, err := readAtMost(ctx, path, limits.ManifestBytes)
	if err != nil {
		return nil, err
	}
	if _, err := manifest.Parse(text); err != nil {
		return nil, fail(exDataErr, "", "%s: %w", path, err)
	}
	return text, nil
}

// manifestPath is where the manifest is: as said, or in the current folder or above it, but not outside of the Go module; empty if
// there is none.
func (t *testRun) manifestPath() (string, error) {
	if t.manifest != "" {
		return t.manifest, nil
	}
	folder, err := os.Getwd()
	for err == nil {
		path := filepath.Join(folder, "manifest.toml")
		if there(path) {
			return path, nil
		}
		above := filepath.Dir(folder)
		if above == folder || there(filepath.Join(folder, "go.mod")) {
			break
		}
		folder = above
	}
	return "", err
}

// there reports whether something is at the path; what cannot be looked at is for whoever opens it to complain about.
func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
