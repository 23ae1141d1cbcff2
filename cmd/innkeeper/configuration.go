package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/ordinaryfile"
)

// load reads the configuration. The file may be absent if the environment configures an adapter, or if there is a drop-in folder.
func (a *app) load() (*config.Config, error) { return a.loadAfter(context.Background(), nil) }

// loadAfter is load for a host that runs already, with the configuration from before: there may be nothing then. What does not answer
// is not waited for any longer when ctx ends, nor past a time.
func (a *app) loadAfter(ctx context.Context, before *config.Config) (*config.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, limits.ConfigLoadBudget)
	defer cancel()
	if err := a.readBuiltins(ctx); err != nil {
		return nil, err
	}
	conf, err := config.Load(a.configPath, config.Options{
		Env: a.env, Builtins: a.builtins, Handles: gateway.HandleQuotas(), AllowMissing: true, AllowNothing: before != nil, Before: before,
		ReadFile: a.readFile(ctx),
		Module: func(path string) (*artifact.Artifact, error) {
			return ordinaryfile.Within(ctx, &a.files, path, func() (*artifact.Artifact, error) { return gateway.Modules().Read(ctx, path) })
		},
		Folder: func(path string) (artifact.Folder, error) {
			return ordinaryfile.Within(ctx, &a.files, path, func() (artifact.Folder, error) { return gateway.Modules().ReadFolder(ctx, path) })
		},
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{
			code: exNoInput, err: &missingConfig{a.configPath},
			hint: "write one with: " + a.command("init"),
		}
	}
	return conf, err
}

func (a *app) readFile(ctx context.Context) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		file, err := config.ReadFile(ctx, &a.files, path)
		return file.Bytes, err
	}
}

// shortRead is how long the configuration is waited for by somebody who only looks for the running host.
const shortRead = time.Second

// readBuiltins reads the bundled modules, once: they are part of the program.
func (a *app) readBuiltins(ctx context.Context) error {
	a.reading.Lock()
	defer a.reading.Unlock()
	if a.builtins != nil {
		return nil
	}
	builtins, err := gateway.Builtins(ctx)
	if err == nil {
		a.builtins = builtins
	}
	return err
}

// missingConfig says that there is no file, without the words of the system.
type missingConfig struct{ path string }

func (m *missingConfig) Error() string { return "config[" + m.path + "]: there is no such file" }
func (m *missingConfig) Unwrap() error { return fs.ErrNotExist }

// client makes a client of the process that runs with the same data folder.
func (a *app) client() *admin.Client { return admin.NewClient(a.dataDir()) }

// dataDir finds the data folder even if the configuration cannot be used just now: it is then that an operator wants to
// know what the running process does. No module is read for it.
func (a *app) dataDir() string {
	ctx, cancel := context.WithTimeout(context.Background(), shortRead)
	defer cancel()
	if folder, err := config.DataDir(a.configPath, config.Options{Env: a.env, ReadFile: a.readFile(ctx)}); err == nil {
		return folder
	}
	const usual = "data"
	folder, err := filepath.Abs(filepath.Dir(a.configPath))
	if err != nil {
		return usual
	}
	return filepath.Join(folder, usual)
}
