package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"innkeeper/adapters"
)

// The module that the SDK is written as. Its path is the one that the sources import each other by.
const sdkModule = "module innkeeper\n\ngo 1.26.0\n"

// sdkMarker is the file that tells a folder which this command wrote from anybody else's.
const sdkMarker = ".innkeeper-sdk"

func (a *app) sdkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sdk DIR",
		Short: "Write the SDK's sources, to build adapters in Go with",
		Long: "Write the sources of the SDK into a folder, as a Go module without requirements, with the example adapters/hello in it. An\n" +
			"adapter is a module of its own that takes them from there, without a network. A folder that this command wrote before is\n" +
			"replaced; any other that is not empty is left alone.",
		Example: "  innkeeper sdk sdk\n  go mod init mine\n  go mod edit -require=innkeeper@v0.0.0 -replace=innkeeper=./sdk",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.sdk(args[0]) },
	}
}

func (a *app) sdk(dir string) error {
	if err := mayReplace(dir); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".innkeeper-sdk-")
	if err != nil {
		return created(err)
	}
	defer os.RemoveAll(fresh) // what is left of it
	if err := writeSDK(filepath.Join(fresh, "new")); err != nil {
		return created(err)
	}
	if err := swap(dir, filepath.Join(fresh, "new"), filepath.Join(fresh, "old")); err != nil {
		return created(err)
	}
	fmt.Fprintf(a.err, "innkeeper: wrote the SDK to %s\nnext: go mod edit -require=innkeeper@v0.0.0 -replace=innkeeper=%s\n", dir, relative(dir))
	return nil
}

// mayReplace refuses a folder that somebody else made.
func mayReplace(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return fail(exCantCreate, "", "%s: not a folder that can be read: %w", dir, err)
	}
	if info, err := os.Lstat(filepath.Join(dir, sdkMarker)); err != nil || !info.Mode().IsRegular() {
		return fail(exCantCreate, "name a folder that is not there yet", "%s: it is not empty, and was not written by this command", dir)
	}
	return nil
}

// writeSDK makes the module.
func writeSDK(dir string) error {
	sources, err := adapters.Sources()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"go.mod":  []byte(sdkModule),
		sdkMarker: []byte("Written by innkeeper " + versionText() + ". The next innkeeper sdk replaces this folder.\n"),
	}
	for _, source := range sources {
		files[filepath.Join("adapters", filepath.FromSlash(source.Path))] = source.Text
	}
	for path, text := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// swap puts a new folder in the place of the one that may be there, which goes to old.
func swap(dir, next, old string) error {
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if renamed := os.Rename(next, dir); renamed != nil {
		if err == nil {
			renamed = errors.Join(renamed, os.Rename(old, dir))
		}
		return renamed
	}
	return nil
}

// relative is a path as go.mod wants that of a folder.
func relative(dir string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return "./" + filepath.ToSlash(filepath.Clean(dir))
}
