package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"innkeeper/runtime/config"
)

func (a *app) runCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run in the foreground",
		Long: "Run in the foreground until SIGTERM or SIGINT, which let open work finish; a second one ends the process at once.\n" +
			"SIGHUP reads the configuration again.\n\n" +
			"Exits with 0 after every adapter ended by itself; one may have ended answers early to stay within its drain budget.\n" +
			"Exits with 75 if a budget ran out and open work was cut.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.queueOutput()
			if write {
				if err := a.ensureConfig(); err != nil {
					return err
				}
			}
			return a.serve(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&write, "init", false, "write a configuration with a random key first, if there is none")
	return cmd
}

// ensureConfig writes the configuration if there is none.
func (a *app) ensureConfig() error {
	err := config.WriteSample(a.configPath)
	switch {
	case err == nil:
		fmt.Fprintf(a.err, "innkeeper: wrote %s with a random key\n", a.configPath)
		return nil
	case errors.Is(err, fs.ErrExist):
		return nil
	}
	return a.cannotCreate(err, otherFileHint)
}

const otherFileHint = "name another file with -c FILE"

// cannotCreate returns the failure of a file or folder that could not be made.
func (a *app) cannotCreate(err error, hint string) error {
	code := exCantCreate
	if errors.Is(err, fs.ErrPermission) {
		code = exNoPerm
	}
	return &failure{code: code, err: err, hint: hint}
}
