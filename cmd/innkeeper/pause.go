package main

import (
	"context"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) pauseCommand() *cobra.Command {
	return a.operate(operation{
		name: "pause", short: "End an adapter's instance and keep it from running",
		long: "End an adapter's instance, close everything it holds, and keep it from running until it is resumed. Its address stays\n" +
			"and answers 503.",
		do: func(ctx context.Context, client *admin.Client, name string, wait admin.Wait) error {
			return client.Pause(ctx, name, wait)
		},
	})
}
