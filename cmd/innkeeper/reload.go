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
			"generation, or told of settings that are live; others go on undisturbed. What cannot be used is refused, what runs goes\n" +
			"on, and the command says why.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client := a.client()
			var touched []string
			err := a.within(cmd.Context(), wait, func(ctx context.Context, wait admin.Wait) (err error) {
				touched, err = client.Reload(ctx, wait)
				return err
			})
			if err != nil {
				return err
			}
			if len(touched) == 0 {
				fmt.Fprintln(a.out, "reloaded; no adapter changed")
				return nil
			}
			now, err := client.Status(cmd.Context())
			if err != nil {
				return err
			}
			a.printTouched(touched, now)
			return nil
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "longest time to wait for the adapters that changed; 0 does not wait")
	return cmd
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
