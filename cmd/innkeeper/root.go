package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/ordinaryfile"
)

const (
	defaultConfig = "innkeeper.toml"
	configEnv     = "INNKEEPER_CONFIG"
)

// app is one call of the program.
type app struct {
	stdio
	configPath string  // of the TOML file
	logLevel   string  // as given; empty: the configuration's
	begun      bool    // the command line was understood
	queued     *output // nil for commands that end soon

	files    ordinaryfile.Reader // of all that is read by a name in the configuration
	reading  sync.Mutex
	builtins map[string]*artifact.Artifact // nil before they were read
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, io stdio) int {
	a := &app{stdio: io}
	defer func() { a.queued.flush() }()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exOK
	}
	f := a.classify(err)
	if !a.begun { // the library's own complaints about flags and arguments
		f = &failure{code: exUsage, err: errors.New(firstLine(err.Error())), hint: suggestion(err.Error(), a.program)}
	}
	f.print(a.err)
	return f.code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "innkeeper",
		Short: "Run platform adapters as sandboxed WebAssembly programs in front of an AI agent",
		Long: "Innkeeper joins outside platforms to an AI agent. Each adapter is one .wasm file in a sandbox; when it goes,\n" +
			"for whatever reason, everything it held is closed.",
		Example: "  innkeeper run --init        write a configuration with a random key, and run\n" +
			"  innkeeper ask \"hello\"       ask the agent through the running API server\n" +
			"  innkeeper status            show what runs and what it holds",
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.begin(cmd)
		},
	}
	root.SetVersionTemplate("innkeeper {{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringVarP(&a.configPath, "config", "c", defaultConfig, "configuration `FILE`; also "+configEnv)
	flags.StringVar(&a.logLevel, "log-level", "", "`LEVEL` of the log: debug, info, warn or error; default from the configuration")
	_ = root.MarkPersistentFlagFilename("config", "toml")
	_ = root.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions(
		[]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(
		a.runCommand(), a.initCommand(), a.checkCommand(), a.statusCommand(), a.askCommand(), a.restartCommand(),
		a.pauseCommand(), a.resumeCommand(), a.reloadCommand(), a.inspectCommand(), a.grantCommand(), a.packCommand(), a.sdkCommand(),
		a.testexecCommand(), a.compileCommand(),
		a.versionCommand(),
	)
	return root
}

// begin looks at the flags that all commands have. Whatever goes wrong later is no matter of usage.
func (a *app) begin(cmd *cobra.Command) error {
	if path, set := a.env(configEnv); set && path != "" && !cmd.Flags().Changed("config") {
		a.configPath = path
	}
	if a.logLevel != "" {
		if _, err := parseLevel(a.logLevel); err != nil {
			return err
		}
	}
	a.begun = true
	return nil
}

func parseLevel(text string) (slog.Level, error) {
	switch strings.ToLower(text) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("--log-level must be debug, info, warn or error, not %q", text)
}

// command returns a command line that does the named thing with the same configuration, to be shown to people.
func (a *app) command(rest string) string {
	if a.configPath == defaultConfig || a.configPath == "" {
		return a.program + " " + rest
	}
	path := a.configPath
	if strings.ContainsAny(path, " \t'\"$\\") {
		path = fmt.Sprintf("%q", path)
	}
	return fmt.Sprintf("%s -c %s %s", a.program, path, rest)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// suggestion turns the library's "Did you mean this?" into a hint.
func suggestion(text, program string) string {
	if _, names, found := strings.Cut(text, "Did you mean this?"); found {
		return "did you mean " + strings.Join(strings.Fields(names), " or ") + "?"
	}
	return "see: " + program + " --help"
}
