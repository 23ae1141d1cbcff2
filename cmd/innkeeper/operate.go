package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/supervisor"
)

// operation is a command on one adapter.
type operation struct {
	name, short, long string
	do                func(*admin.Client, context.Context, string) error
	// reached reports whether the operation has come to its end, given the status before and now.
	reached func(before, now admin.Adapter) bool
	// wanted reports whether that end is what was asked for.
	wanted func(now admin.Adapter) bool
}

// operate makes the command of an operation: it asks, waits until that has come to an end, and shows how it ended.
func (a *app) operate(op operation) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use: op.name + " NAME", Short: op.short, Long: op.long, Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeAdapters,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.carryOut(cmd.Context(), op, args[0], wait)
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "longest time to wait for the outcome; 0 does not wait")
	return cmd
}

func (a *app) carryOut(ctx context.Context, op operation, name string, wait time.Duration) error {
	client := a.client()
	before, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if err := op.do(client, ctx, name); err != nil {
		return err
	}
	if wait <= 0 {
		return nil
	}
	past := adapterOf(before, name)
	now, err := a.await(ctx, client, wait, func(s admin.Status) bool { return op.reached(past, adapterOf(s, name)) })
	if err != nil {
		return err
	}
	adapter := adapterOf(now, name)
	a.printState(adapter)
	if !op.wanted(adapter) {
		return fail(exTempFail, "look at: "+a.command("status"), "adapter[%s]: it is %s", name, adapter.State)
	}
	return nil
}

// await polls the status until it is as wanted.
func (a *app) await(ctx context.Context, client *admin.Client, wait time.Duration, enough func(admin.Status) bool) (admin.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	for {
		status, err := client.Status(ctx)
		if err != nil && ctx.Err() == nil {
			return status, err
		}
		if err == nil && enough(status) {
			return status, nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return status, fail(exTempFail, "look at: "+a.command("status"), "no outcome within %s", wait)
		}
	}
}

func (a *app) printState(adapter admin.Adapter) {
	state := paint(adapter.State, stateColour(adapter), a.colours(a.out))
	line := fmt.Sprintf("%s: %s (generation %d)", adapter.Name, state, adapter.Generation)
	if text := whereOrWhy(adapter); text != "" {
		line += "  " + oneLine(text)
	}
	fmt.Fprintln(a.out, line)
}

// adapterOf finds an adapter in a status; without it, the zero one.
func adapterOf(status admin.Status, name string) admin.Adapter {
	i := slices.IndexFunc(status.Adapters, func(a admin.Adapter) bool { return a.Name == name })
	if i < 0 {
		return admin.Adapter{}
	}
	return status.Adapters[i]
}

// startedAnew reports whether a later generation than before has come to a state that says something.
func startedAnew(before, now admin.Adapter) bool {
	moved := now.Generation > before.Generation || now.State == string(supervisor.Failed) && now.Since.After(before.Since)
	return moved && now.State != string(supervisor.Starting) && now.State != string(supervisor.Stopping)
}

func isConnected(now admin.Adapter) bool { return now.State == string(supervisor.Connected) }

// completeAdapters offers the names of the adapters that the running host has.
func (a *app) completeAdapters(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.begin(cmd) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	status, err := a.client().Status(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, adapter := range status.Adapters {
		names = append(names, cobra.CompletionWithDesc(adapter.Name, adapter.State))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
