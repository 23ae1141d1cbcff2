package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
)

// question is what ask was told to do.
type question struct {
	prompt, model, adapter string
	whole                  bool // answer in one piece
}

func (a *app) askCommand() *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "ask PROMPT",
		Short: "Ask the agent through the running API server",
		Long: "Ask the agent through the running API server, over HTTP as any client would, and print the answer as it comes. Address\n" +
			"and key come from the same configuration. A PROMPT of - is read from standard input.",
		Example: "  innkeeper ask \"hello\"\n  innkeeper ask - < question.txt",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if q.prompt, err = a.prompt(args); err != nil {
				return err
			}
			return a.ask(cmd.Context(), q)
		},
	}
	cmd.Flags().StringVarP(&q.model, "model", "m", "", "model to ask for; default the agent's own")
	cmd.Flags().StringVarP(&q.adapter, "adapter", "a", "", "`NAME` of the adapter to ask through; default the first that answers chat completions")
	cmd.Flags().BoolVar(&q.whole, "no-stream", false, "print the answer at once when it is complete")
	_ = cmd.RegisterFlagCompletionFunc("adapter", a.completeAdapters)
	return cmd
}

// maxPromptBytes is the largest request body that adapters take by default.
const maxPromptBytes = 10_000_000

func (a *app) prompt(args []string) (string, error) {
	if len(args) != 1 || args[0] != "-" {
		return strings.Join(args, " "), nil
	}
	text, err := io.ReadAll(io.LimitReader(a.in, maxPromptBytes+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("standard input: %w", err)
	case len(text) > maxPromptBytes:
		return "", fail(exDataErr, "", "standard input: more than %d bytes", maxPromptBytes)
	case len(text) == 0:
		return "", fail(exNoInput, "", "standard input: it is empty")
	}
	return string(text), nil
}

func (a *app) ask(ctx context.Context, q question) error {
	conf, err := a.load()
	if err != nil {
		return err
	}
	adapter, err := a.chatAdapter(conf, q.adapter)
	if err != nil {
		return err
	}
	listen, err := a.listenOf(ctx, conf, adapter)
	if err != nil {
		return err
	}
	chat := &chatClient{address: reachable(listen), out: a.out}
	if a.terminal(a.out) {
		chat.out = harmless{a.out}
	}
	if header := adapter.Manifest.HTTP.HeaderOf(chatRoute(adapter)); header != "" {
		chat.keyHeader, chat.key = header, adapter.BearerKey().Reveal()
	}
	return a.explain(chat.ask(ctx, q), conf, chat.address)
}

// chatAdapter finds the adapter to ask through.
func (a *app) chatAdapter(conf *config.Config, name string) (*config.Adapter, error) {
	var able []*config.Adapter
	for i := range conf.Adapters {
		if c := &conf.Adapters[i]; chatRoute(c) != nil && (name == "" || c.Name == name) {
			able = append(able, c)
		}
	}
	if name != "" && conf.Adapter(name) == nil {
		return nil, fail(exUsage, "see: "+a.command("check"), "adapter[%s]: there is none in %s", name, a.configPath)
	}
	if i := slices.IndexFunc(able, (*config.Adapter).Enabled); i >= 0 {
		return able[i], nil
	}
	if len(able) > 0 {
		return nil, fail(exConfig, "see: "+a.command("check"), "adapter[%s]: it is %s: %s", able[0].Name, able[0].Disposition, able[0].Reason)
	}
	return nil, fail(exConfig, "configure [adapters.api_server]", "no adapter in %s answers POST %s", a.configPath, chatPath)
}

// listenOf returns where the adapter really listens, if the running host can be asked, else where it is configured to.
func (a *app) listenOf(ctx context.Context, conf *config.Config, adapter *config.Adapter) (string, error) {
	status, err := admin.NewClient(conf.DataDir).Status(ctx)
	if err == nil {
		if listen := adapterOf(status, adapter.Name).Listen; listen != "" {
			return listen, nil
		}
		return "", a.notServing(adapterOf(status, adapter.Name), adapter.Name)
	}
	// A host in another container or of another user may still be reached over HTTP, if the port is known.
	if _, port, splitErr := net.SplitHostPort(adapter.Listen); splitErr != nil || port == "0" {
		return "", err
	}
	return adapter.Endpoint(), nil
}

// notServing says why an adapter of the running host has no listener.
func (a *app) notServing(now admin.Adapter, name string) error {
	if now.Name == "" {
		return fail(exUnavailable, "let it read the configuration again: "+a.command("reload"),
			"adapter[%s]: the running innkeeper does not have it", name)
	}
	return fail(exUnavailable, "look at: "+a.command("status"), "adapter[%s]: it is %s: %s", name, now.State, oneLine(now.Reason))
}

// explain adds what an operator can do to what went wrong with a question.
func (a *app) explain(err error, conf *config.Config, address string) error {
	var refused *chatError
	var network *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return a.explainRefusal(refused)
	case errors.As(err, &network) && network.Op == "dial":
		if _, statusErr := admin.NewClient(conf.DataDir).Status(context.Background()); statusErr != nil {
			return statusErr
		}
		return fail(exUnavailable, "look at: "+a.command("status"), "nobody answers at %s: %w", address, err)
	}
	return err
}

func (a *app) explainRefusal(r *chatError) error {
	f := &failure{code: exUnavailable, err: r, hint: "look at: " + a.command("status")}
	switch {
	case r.status == 401 || r.status == 403:
		f.code, f.hint = exNoPerm, fmt.Sprintf("the running innkeeper may have another key than %s; after a change: %s", a.configPath, a.command("reload"))
	case r.status == 429 || r.status == 503 || r.status == 0:
		f.code = exTempFail
		if r.retryAfter != "" {
			f.hint = "try again in " + r.retryAfter + " s; " + f.hint
		}
	case r.status == 404 && r.code == "unknown_url":
		f.hint = "something else may listen there; " + f.hint
	case r.status < 500:
		f.code, f.hint = exDataErr, ""
	}
	return f
}
