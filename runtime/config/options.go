package config

import (
	"context"
	"fmt"
	"os"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/machine"
	"innkeeper/runtime/ordinaryfile"
)

// Options are what Load needs of the world.
type Options struct {
	// Env looks up an environment variable; nil means os.LookupEnv. An empty variable counts as not set.
	Env func(name string) (string, bool)

	// ReadFile reads the TOML file and what file:PATH names; nil means ordinary files, within a time.
	ReadFile func(path string) ([]byte, error)

	// Machine says what the machine has; nil means to ask the system.
	Machine func() machine.Machine

	// Builtins are the bundled modules by their names. An adapter of such a name may be configured by the environment
	// alone.
	Builtins map[string]*artifact.Artifact

	// Module reads the module file at an absolute path, once for each adapter; nil means that there are only bundled
	// modules.
	Module func(path string) (*artifact.Artifact, error)

	// Folder reads the drop-in folder at an absolute path; nil means that there is none. One that is not there is an error
	// that matches fs.ErrNotExist.
	Folder func(path string) (artifact.Folder, error)

	// Handles are the kinds of handles that guests can have, and how many of each an instance may have open unless the operator
	// says otherwise.
	Handles map[string]int

	// Before is the configuration that was loaded before; nil for none. Where a module is still the same, its artifact is taken from
	// there, so that its bytes are in memory once.
	Before *Config

	// AllowMissing lets the TOML file be absent if the environment configures an adapter or there is a drop-in folder.
	AllowMissing bool

	// AllowNothing lets all of it be absent: what runs already may come to have nothing to run.
	AllowNothing bool
}

func (o Options) withDefaults() Options {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	if o.ReadFile == nil {
		o.ReadFile = readOrdinary
	}
	if o.Machine == nil {
		o.Machine = machine.Look
	}
	if o.Module == nil {
		o.Module = func(path string) (*artifact.Artifact, error) {
			return nil, fmt.Errorf("module[%s]: modules in files are not supported here", path)
		}
	}
	return o
}

// readOrdinary reads an ordinary file. A pipe or a device could block for ever or never end, and so could a file system that does
// not answer.
func readOrdinary(path string) ([]byte, error) {
	file, err := ReadFile(context.Background(), nil, path)
	return file.Bytes, err
}

// ReadFile reads the TOML file, or what file:PATH names, with a reader that counts what does not answer.
func ReadFile(ctx context.Context, files *ordinaryfile.Reader, path string) (ordinaryfile.File, error) {
	ctx, cancel := context.WithTimeout(ctx, limits.ConfigReadBudget)
	defer cancel()
	return files.Read(ctx, path, limits.ConfigFileBytes, ordinaryfile.Follow)
}
