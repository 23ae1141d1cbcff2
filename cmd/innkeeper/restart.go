package main

import (
	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) restartCommand() *cobra.Command {
	return a.operate(operation{
		name: "restart", short: "Start the next generation of an adapter",
		long: "End an adapter's instance, close everything it holds, and start the next generation. An adapter that waits for its\n" +
			"next attempt or has failed is started at once.",
		do: (*admin.Client).Restart, reached: startedAnew, wanted: isConnected,
	})
}
