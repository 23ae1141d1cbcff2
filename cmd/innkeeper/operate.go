package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/supervisor"
)

// operation is a command on one adapter.
type operation struct {
	name, short, long string
	do                func(ctx context.Context, client *admin.Client, name string, wait admin.Wait) error
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
	err := a.within(ctx, wait, func(ctx context.Context, wait admin.Wait) error { return op.do(ctx, client, name, wait) })
	if wait <= 0 || err != nil && !isOutcome(err) {
		return err
	}
	now, failed := client.Status(ctx)
	if failed != nil {
		return failed
	}
	adapter := adapterOf(now, name)
	a.printState(adapter)
	var p *admin.Problem
	if errors.As(err, &p) && p.Code == admin.CodeNotReady {
		return fail(exTempFail, "look at: "+a.command("status"), "adapter[%s]: it is %s", name, adapter.State)
	}
	return err
}

// isOutcome reports whether a command was begun and has ended badly, or not yet, so that there is a state to show.
func isOutcome(err error) bool {
	var p *admin.Problem
	return errors.Is(err, errNoOutcome) || errors.As(err, &p) && (p.Code == admin.CodeNotReady || p.Code == admin.CodeUpdateRefused)
}

// errNoOutcome means that a command takes longer than somebody wants to wait for it.
var errNoOutcome = errors.New("no outcome")

// within runs a command and waits for its outcome for so long. What was begun goes on if that is not enough.
func (a *app) within(ctx context.Context, wait time.Duration, command func(context.Context, admin.Wait) error) error {
	if wait <= 0 {
		return command(ctx, admin.NoAwait)
	}
	var silent *admin.NoAnswerError
	if _, err := a.client().Status(ctx); errors.As(err, &silent) {
		return err // nor will it carry out a command
	}
	patient, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	quiet := a.narrate(patient)
	err := command(patient, admin.Await)
	quiet()
	if err != nil && patient.Err() != nil && ctx.Err() == nil {
		return fail(exTempFail, "look at: "+a.command("status"), "%w within %s; what was begun goes on", errNoOutcome, wait)
	}
	return err
}

// narrateEvery is how often somebody who waits hears what for.
const narrateEvery = 5 * time.Second

// narrate says now and then what a command waits for, until it is told to be quiet.
func (a *app) narrate(ctx context.Context) (quiet func()) {
	ctx, cancel := context.WithCancel(ctx)
	client, ended := a.client(), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(narrateEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if now, err := client.Status(ctx); err == nil {
				fmt.Fprintf(a.err, "waiting: %s\n", underWay(now, time.Now()))
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// underWay lists what has not come to its end.
func underWay(status admin.Status, now time.Time) string {
	var parts []string
	for _, adapter := range status.Adapters {
		switch supervisor.State(adapter.State) {
		case supervisor.Starting, supervisor.Stopping, supervisor.Backoff:
			parts = append(parts, fmt.Sprintf("%s is %s since %s", adapter.Name, adapter.State, shortDuration(now.Sub(adapter.Since))))
		}
		if adapter.Update != "" {
			parts = append(parts, fmt.Sprintf("%s has an update %s", adapter.Name, oneLine(adapter.Update)))
		}
	}
	if len(parts) == 0 {
		return "the host works on it"
	}
	return strings.Join(parts, ", ")
}

func (a *app) printState(adapter admin.Adapter) {
	state := paint(adapter.State, stateColour(adapter), a.colours(a.out))
	line := fmt.Sprintf("%s: %s (generation %d)", adapter.Name, state, adapter.Generation)
	if text := whereOrWhy(adapter); text != "" {
		line += "  " + oneLine(text)
	}
	if adapter.Update == string(supervisor.UpdateWaiting) { // of one that was refused the command says more
		line += fmt.Sprintf("  update waits for generation %d", adapter.Predecessor)
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
