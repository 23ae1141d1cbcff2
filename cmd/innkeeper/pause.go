package main

import (
	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/supervisor"
)

func (a *app) pauseCommand() *cobra.Command {
	return a.operate(operation{
		name: "pause", short: "End an adapter's instance and keep it from running",
		long: "End an adapter's instance, close everything it holds, and keep it from running until it is resumed. Its listener stays\n" +
			"and answers 503.",
		do: (*admin.Client).Pause,
		reached: func(_, now admin.Adapter) bool {
			return isPaused(now) || now.State == string(supervisor.Failed)
		},
		wanted: isPaused,
	})
}

func isPaused(now admin.Adapter) bool { return now.State == string(supervisor.Paused) }
