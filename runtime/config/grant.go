package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/tomldoc"
)

// ErrEdited means that somebody else changed the file at the same time.
var ErrEdited = errors.New("the file was changed by somebody else meanwhile; try again")

// Grant writes grants of an adapter into the TOML file at path, beside those that it has. Everything else in the file stays as it is,
// comments and order included; it is replaced as a whole, or made if there is none.
func Grant(path, adapter string, grants []string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the file itself is replaced, and not a link to it
	}
	before, mode, err := readForEdit(path)
	if err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	doc, err := tomldoc.Parse(string(before), fileLimits())
	if err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	edited, err := doc.AddToList([]string{"adapters", adapter}, "grants", grants, fileLimits())
	if err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	if err := replace(path, before, []byte(edited), mode); err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	return nil
}

func fileLimits() tomldoc.Limits {
	return tomldoc.Limits{Bytes: limits.ConfigFileBytes, Depth: limits.TOMLDepth, Keys: limits.ConfigKeys, Key: limits.TOMLKeyBytes}
}

// readForEdit reads a file that may be absent. A new one is its owner's alone, for it may come to hold a key.
func readForEdit(path string) ([]byte, fs.FileMode, error) {
	file, err := ReadFile(context.Background(), nil, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0o600, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return file.Bytes, file.Info.Mode().Perm(), nil
}

// replace puts a text in the place of another: readers see the one or the other, also after a crash.
func replace(path string, before, after []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // it is not there any more if all went well
	_, err = file.Write(after)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	now, _, err := readForEdit(path)
	if err == nil && !bytes.Equal(now, before) {
		err = ErrEdited
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
