package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) reloadCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Make the running host read its configuration again",
		Long: "Make the running host read its configuration and its modules again. Adapters that changed are handed over to a new\n" +
			"generation, or told of settings that are live; others go on undisturbed. Another agent gets the turns that begin from then\n" +
			"on. What cannot be used is refused, what runs goes on, and the command says why.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client := a.client()
			var done admin.Reloaded
			err := a.within(cmd.Context(), wait, func(ctx context.Context, wait admin.Wait) (err error) {
				done, err = client.Reload(ctx, wait)
				return err
			})
			if err != nil {
				return err
			}
			return a.printReloaded(cmd.Context(), client, done)
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "longest time to wait for the adapters that changed; 0 does not wait")
	return cmd
}

func (a *app) printReloaded(ctx context.Context, client *admin.Client, done admin.Reloaded) error {
	if done.Agent {
		fmt.Fprintln(a.out, "the agent changed; new turns go to the new one")
	}
	if len(done.Touched) == 0 {
		if !done.Agent {
			fmt.Fprintln(a.out, "reloaded; no adapter changed")
		}
		return nil
	}
	now, err := client.Status(ctx)
	if err != nil {
		return err
	}
	a.printTouched(done.Touched, now)
	return nil
}

func (a *app) printTouched(touched []string, now admin.Status) {
	for _, name := range touched {
		there := slices.ContainsFunc(now.Adapters, func(adapter admin.Adapter) bool { return adapter.Name == name })
		if !there {
			fmt.Fprintf(a.out, "%s: removed\n", name)
			continue
		}
		a.printState(adapterOf(now, name))
	}
}
