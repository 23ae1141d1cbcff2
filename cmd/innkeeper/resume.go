package main

import (
	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
)

func (a *app) resumeCommand() *cobra.Command {
	return a.operate(operation{
		name: "resume", short: "Let a paused adapter run again",
		do: (*admin.Client).Resume, reached: startedAnew, wanted: isConnected,
	})
}
