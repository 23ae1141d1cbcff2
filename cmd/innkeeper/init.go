package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"innkeeper/runtime/config"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented configuration with a random key",
		Long:  "Write a commented configuration that shows every setting, with a random key for the API server, readable by its owner only.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			err := config.WriteSample(a.configPath)
			if errors.Is(err, fs.ErrExist) {
				return fail(exCantCreate, "run it with: "+a.command("run")+", or name another file with -c",
					"config[%s]: it is there already, and stays as it is", a.configPath)
			}
			if err != nil {
				return a.cannotCreate(err, otherFileHint)
			}
			fmt.Fprintf(a.out, "wrote %s with a random key\nnext: %s\n", a.configPath, a.command("run"))
			return nil
		},
	}
}
