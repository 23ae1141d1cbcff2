package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/config"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
)

func (a *app) packCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "pack MODULE MANIFEST",
		Short: "Put a manifest into a module",
		Long: "Put a manifest (TOML) into a module, in the place of the one it had. Both are checked first: a module that imports\n" +
			"what its manifest does not ask for is refused. Nothing is written unless all is right.",
		Example: "  GOOS=wasip1 GOARCH=wasm go build -o mine.wasm .\n  innkeeper pack mine.wasm manifest.toml",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = args[0]
			}
			return a.pack(cmd, args[0], args[1], out)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to `FILE` instead of MODULE itself")
	return cmd
}

func (a *app) pack(cmd *cobra.Command, modulePath, manifestPath, out string) error {
	text, err := readAtMost(manifestPath, limits.ManifestBytes)
	if err != nil {
		return err
	}
	described, err := manifest.Parse(text)
	if err != nil {
		return fail(exDataErr, "", "%s: %w", manifestPath, err)
	}
	raw, err := gateway.ReadModule(modulePath)
	if err != nil {
		return err
	}
	packed, err := module.AppendManifest(raw, text)
	if err != nil {
		return fmt.Errorf("module[%s]: %w", modulePath, err)
	}
	admit := func(path string) error {
		loader, err := gateway.NewLoader(cmd.Context())
		if err != nil {
			return err
		}
		_, err = loader.Admit(&config.Adapter{Name: described.Name, Module: path, Manifest: described})
		return err
	}
	if err := replaceFile(out, packed, admit); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "innkeeper: packed %s %s into %s (%d bytes)\n", described.Name, described.Version, out, len(packed))
	return nil
}

// readAtMost reads a file and refuses a larger one.
func readAtMost(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = fail(exDataErr, "", "%s: more than %d bytes", path, most)
	}
	return text, err
}

// replaceFile writes beside path, has the result looked at, and only then puts it in the place of path.
func replaceFile(path string, content []byte, accept func(path string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".innkeeper-*")
	if err != nil {
		return created(err)
	}
	defer os.Remove(file.Name()) // it is not there any more if all went well
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return created(err)
	}
	if err := accept(file.Name()); err != nil {
		return err
	}
	return created(os.Rename(file.Name(), path))
}

func created(err error) error {
	if err == nil || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fail(exCantCreate, "", "%w", err)
}
