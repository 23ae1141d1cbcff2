package main

import (
	"context"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) resumeCommand() *cobra.Command {
	return a.operate(operation{
		name: "resume", short: "Let a paused adapter run again",
		do: func(ctx context.Context, client *admin.Client, name string, wait admin.Wait) error {
			return client.Resume(ctx, name, wait)
		},
	})
}
