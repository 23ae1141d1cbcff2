package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"innkeeper/adapters/bundled"
	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/artifact"
)

// version is set by the linker: -X main.version=v1.2.3.
var version string

// versionText returns what the linker was told, else what the go command knows of the source.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "dev-" + setting.Value[:min(len(setting.Value), 12)]
		}
	}
	return "dev"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the versions of the program, its engine and its bundled adapters",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			a.printVersion()
			return nil
		},
	}
}

func (a *app) printVersion() {
	fmt.Fprintf(a.out, "innkeeper %s\n", versionText())
	line := func(name, text string) { fmt.Fprintf(a.out, "  %-9s %s\n", name, text) }
	line("go", fmt.Sprintf("%s %s/%s", strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH))
	line("wazero", dependency("github.com/tetratelabs/wazero"))
	line("sqlite", dependency("github.com/ncruces/go-sqlite3")+" (github.com/ncruces/go-sqlite3)")
	line("adapters", bundledAdapters())
}

// dependency returns the version of a module that the binary was built with.
func dependency(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return "unknown"
}

// bundledAdapters returns a list such as "api_server 0.1.0, hello 0.1.0".
func bundledAdapters() string {
	var parts []string
	for _, name := range bundled.Names() {
		a, err := gateway.Modules().Read(context.Background(), artifact.BuiltinPrefix+name)
		if err != nil {
			parts = append(parts, name+" (unreadable)")
			continue
		}
		parts = append(parts, name+" "+a.Manifest.Version)
	}
	if len(parts) == 0 {
		return "none: this binary was built without bundled adapters, build it with make"
	}
	return strings.Join(parts, ", ")
}
