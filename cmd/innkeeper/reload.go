package main

import (
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
		Long: "Make the running host read its configuration again. Adapters that changed are started anew, others go on undisturbed.\n" +
			"With a configuration that cannot be used everything stays as it is, and the command says why.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client := a.client()
			touched, err := client.Reload(cmd.Context())
			if err != nil {
				return err
			}
			if len(touched) == 0 {
				fmt.Fprintln(a.out, "reloaded; no adapter changed")
				return nil
			}
			if wait <= 0 {
				return nil
			}
			now, err := a.await(cmd.Context(), client, wait, func(s admin.Status) bool { return settled(s.Adapters) })
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
