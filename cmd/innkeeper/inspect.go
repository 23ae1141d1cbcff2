package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
)

func (a *app) inspectCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE|NAME",
		Short: "Show what a module is and asks for, without running it",
		Long: "Show what a module is and asks for, without running it: a file, an adapter of the configuration, or a bundled module.\n" +
			"Says whether this host would run it, and if not why.\n\n" +
			"Exits with 0 if it would, with 65 for a file that it would not run, and with 78 for an adapter that would not load.",
		Example: "  innkeeper inspect ./mine.wasm\n  innkeeper inspect api_server",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: a.completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inspect(cmd.Context(), args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, whose form is stable")
	return cmd
}

func (a *app) inspect(ctx context.Context, what string, asJSON bool) error {
	conf, wrong := a.load()
	compile := artifact.DefaultBudget()
	if wrong == nil {
		compile = gateway.BudgetOf(conf)
	}
	host, err := gateway.NewHost(ctx, a.compiler(), compile)
	if err != nil {
		return err
	}
	defer host.Close(context.WithoutCancel(ctx))
	var seen inspected
	if isFile(what) {
		seen, err = inspectFile(ctx, host, what)
	} else {
		seen, err = a.inspectAdapter(ctx, host, what, conf, wrong)
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(a.out, seen)
	} else {
		seen.print(a.out, a.colours(a.out))
	}
	if err != nil || seen.Runs {
		return err
	}
	return fail(seen.code, "the reason is above", "this host would not run %s", printable(what))
}

// isFile tells a file from the name of an adapter, which has neither a separator nor a dot.
func isFile(what string) bool {
	return !strings.HasPrefix(what, artifact.BuiltinPrefix) && (strings.ContainsAny(what, `./\`) || strings.ContainsRune(what, filepath.Separator))
}

// inspectFile shows a file, as an adapter would be made of it that has no table.
func inspectFile(ctx context.Context, host *artifact.Host, path string) (inspected, error) {
	read, err := gateway.Modules().Look(ctx, path)
	if read == nil {
		return inspected{}, err
	}
	if err == nil {
		err = host.Check(ctx, read, artifact.Options{Memory: limits.MemoryBytes})
	}
	seen := show(read)
	seen.Runs, seen.code = err == nil, exDataErr
	if read.Manifest != nil {
		seen.Asks = asksOf(config.Asks(read.Manifest), nil)
	}
	seen.because(err)
	return seen, nil
}

// inspectAdapter shows an adapter as it is configured, or else a bundled module; err is why there is no configuration.
func (a *app) inspectAdapter(ctx context.Context, host *artifact.Host, name string, conf *config.Config, err error) (inspected, error) {
	if adapter := adapterNamed(conf, name); adapter != nil {
		return a.inspectConfigured(ctx, host, conf, adapter)
	}
	bundled, isBundled := artifact.BuiltinPrefix+strings.TrimPrefix(name, artifact.BuiltinPrefix), false
	for _, known := range gateway.BundledNames() {
		isBundled = isBundled || bundled == artifact.BuiltinPrefix+known
	}
	switch {
	case isBundled:
		return inspectFile(ctx, host, bundled)
	case err != nil:
		return inspected{}, err
	}
	return inspected{}, fail(exUsage, "a file is named with its extension or its folder: ./"+printable(name), "there is no adapter %s", printable(name))
}

func (a *app) inspectConfigured(ctx context.Context, host *artifact.Host, conf *config.Config, adapter *config.Adapter) (inspected, error) {
	seen := inspected{File: adapter.Module}
	if adapter.Artifact != nil {
		seen = show(adapter.Artifact)
	} else if read, _ := gateway.Modules().Look(ctx, adapter.Module); read != nil && adapter.Module != "" {
		seen = show(read)
	}
	c := checkAdapter(ctx, host, conf, adapter)
	seen.Adapter, seen.Runs, seen.Why, seen.Hint, seen.code = adapter.Name, c.Loads, c.Reason, c.Hint, exConfig
	seen.Asks = asksOf(adapter.Asks, adapter.Grants)
	if seen.HTTP != nil && c.Listen != "" {
		seen.HTTP.Listen = c.Listen
	}
	return seen, nil
}

func adapterNamed(conf *config.Config, name string) *config.Adapter {
	if conf == nil {
		return nil
	}
	return conf.Adapter(name)
}

// because notes why a module would not run.
func (i *inspected) because(err error) {
	if err == nil {
		return
	}
	i.Why = err.Error()
	if refusal, ok := errors.AsType[*artifact.Refusal](err); ok {
		i.Hint = refusal.Hint
	}
}

// completeModules offers the adapters that run, and else files.
func (a *app) completeModules(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.completeAdapters(cmd, args, typed)
	if len(args) == 0 {
		directive = cobra.ShellCompDirectiveDefault
	}
	return names, directive
}

// printable is a text from a stranger, made fit for a terminal.
func printable(text string) string {
	const most = 120
	if strings.IndexFunc(text, isUnprintable) >= 0 || text == "" {
		text = fmt.Sprintf("%+q", text)
	}
	return cut(text, most)
}
