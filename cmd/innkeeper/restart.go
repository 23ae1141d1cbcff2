package main

import (
	"context"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) restartCommand() *cobra.Command {
	var cut bool
	cmd := a.operate(operation{
		name: "restart", short: "Start the next generation of an adapter",
		long: "Start the next generation of an adapter, from what its table and the file behind its module say now. If they cannot be\n" +
			"used, what runs goes on. An adapter that can share its databases hands over: its successor starts beside it, and answers\n" +
			"that are open come to their end. Another one ends first, while new requests wait. An adapter that waits for its next\n" +
			"attempt or has failed is started at once.",
		do: func(ctx context.Context, client *admin.Client, name string, wait admin.Wait) error {
			return client.Restart(ctx, name, cut, wait)
		},
	})
	cmd.Flags().BoolVar(&cut, "now", false, "cut what is open instead of letting it come to its end")
	return cmd
}
