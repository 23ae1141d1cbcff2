package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
)

// load reads the configuration. The file may be absent if the environment configures an adapter, or if there is a drop-in folder.
func (a *app) load() (*config.Config, error) { return a.loadAfter(nil) }

// loadAfter is load for a host that runs already, with the configuration from before: there may be nothing then.
func (a *app) loadAfter(before *config.Config) (*config.Config, error) {
	ctx := context.Background() // the reading of modules has a budget of its own
	if err := a.readBuiltins(ctx); err != nil {
		return nil, err
	}
	conf, err := config.Load(a.configPath, config.Options{
		Env: a.env, Builtins: a.builtins, Handles: gateway.HandleQuotas(), AllowMissing: true, AllowNothing: before != nil, Before: before,
		Module: func(path string) (*artifact.Artifact, error) { return gateway.Modules().Read(ctx, path) },
		Folder: func(path string) (artifact.Folder, error) { return gateway.Modules().ReadFolder(ctx, path) },
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{
			code: exNoInput, err: &missingConfig{a.configPath},
			hint: "write one with: " + a.command("init"),
		}
	}
	return conf, err
}

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
	if folder, err := config.DataDir(a.configPath, config.Options{Env: a.env}); err == nil {
		return folder
	}
	const usual = "data"
	folder, err := filepath.Abs(filepath.Dir(a.configPath))
	if err != nil {
		return usual
	}
	return filepath.Join(folder, usual)
}
