// Command innkeeper runs platform adapters as WebAssembly programs in front of an AI agent, and is how an operator talks to
// the process that does.
//
// It owns the command line: flags, exit codes, what is printed, signals. One file per command; the running host itself is
// package gateway.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], processIO())) }
