package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/ordinaryfile"
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
	text, err := readAtMost(cmd.Context(), manifestPath, limits.ManifestBytes)
	if err != nil {
		return err
	}
	described, err := manifest.Parse(text)
	if err != nil {
		return fail(exDataErr, "", "%s: %w", manifestPath, err)
	}
	packed, err := artifact.Pack(cmd.Context(), modulePath, text)
	if err != nil {
		return err
	}
	if err := a.refuseWhatRunWould(cmd.Context(), packed); err != nil {
		return err
	}
	if err := replaceFile(out, packed.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "innkeeper: packed %s %s into %s (%d bytes)\n", described.Name, described.Version, out, packed.Size)
	return nil
}

// refuseWhatRunWould checks a module as far as that goes without an operator's limits.
func (a *app) refuseWhatRunWould(ctx context.Context, packed *artifact.Artifact) error {
	host, err := gateway.NewHost(ctx, a.compiler(), artifact.DefaultBudget())
	if err != nil {
		return err
	}
	err = host.Check(ctx, packed, artifact.Options{Memory: limits.MemoryBytesMax})
	return errors.Join(err, host.Close(context.WithoutCancel(ctx)))
}

// readAtMost reads an ordinary file and refuses a larger one.
func readAtMost(ctx context.Context, path string, most int) ([]byte, error) {
	file, err := ordinaryfile.Read(ctx, path, most, ordinaryfile.Follow)
	if errors.Is(err, ordinaryfile.ErrTooLarge) || errors.Is(err, ordinaryfile.ErrNotOrdinary) {
		err = fail(exDataErr, "", "%s: %w", path, err)
	}
	return file.Bytes, err
}

// replaceFile writes beside path, and puts what was written whole in the place of path.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".innkeeper-*")
	if err != nil {
		return created(err)
	}
	defer os.Remove(file.Name()) // it is not there any more if all went well
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return created(err)
	}
	return created(os.Rename(file.Name(), path))
}

func created(err error) error {
	if err == nil || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fail(exCantCreate, "", "%w", err)
}
