package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/tomldoc"
)

// load reads the configuration. The file may be absent if the environment configures an adapter.
func (a *app) load() (*config.Config, error) {
	ctx := context.Background() // the reading of modules has a budget of its own
	builtins, err := gateway.Builtins(ctx)
	if err != nil {
		return nil, err
	}
	conf, err := config.Load(a.configPath, config.Options{
		Env: a.env, Builtins: builtins, AllowMissing: true,
		Module: func(path string) (*artifact.Artifact, error) { return gateway.Modules().Read(ctx, path) },
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{
			code: exNoInput, err: &missingConfig{a.configPath},
			hint: "write one with: " + a.command("init"),
		}
	}
	return conf, err
}

// missingConfig says that there is no file, without the words of the system.
type missingConfig struct{ path string }

func (m *missingConfig) Error() string { return "config[" + m.path + "]: there is no such file" }
func (m *missingConfig) Unwrap() error { return fs.ErrNotExist }

// client makes a client of the process that runs with the same data folder.
func (a *app) client() *admin.Client { return admin.NewClient(a.dataDir()) }

// dataDir finds the data folder even if the configuration cannot be used just now: it is then that an operator wants to
// know what the running process does.
func (a *app) dataDir() string {
	if conf, err := a.load(); err == nil {
		return conf.DataDir
	}
	folder := filepath.Dir(a.configPath)
	if abs, err := filepath.Abs(folder); err == nil {
		folder = abs
	}
	name := a.writtenDataDir()
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// writtenDataDir takes data_dir from a file that is TOML, at least.
func (a *app) writtenDataDir() string {
	const usual = "data"
	text, err := os.ReadFile(a.configPath)
	if err != nil {
		return usual
	}
	doc, err := tomldoc.Parse(string(text), tomldoc.Limits{
		Bytes: limits.ConfigFileBytes, Depth: limits.TOMLDepth, Keys: limits.ConfigKeys, Key: limits.TOMLKeyBytes,
	})
	if err != nil {
		return usual
	}
	if name, ok := doc.Root()["data_dir"].(string); ok && name != "" {
		return name
	}
	return usual
}
