package main

import (
	"github.com/spf13/cobra"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/compiler"
)

// compileName is the command with which the program calls itself to compile a module. It is nothing for people.
const compileName = "compile-module"

func (a *app) compileCommand() *cobra.Command {
	return &cobra.Command{
		Use: compileName, Hidden: true, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if code := compiler.Main(args, a.in, a.out, a.err); code != exOK {
				return &failure{code: code} // it has said why
			}
			return nil
		},
	}
}

// compiler compiles modules in processes of this program.
func (a *app) compiler() artifact.Compiler { return &compiler.Process{Args: []string{compileName}} }
