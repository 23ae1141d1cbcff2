package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"innkeeper/runtime/limits"
)

// Prefixes of strings that stand for something else. A value that is found this way is not looked at again.
const (
	envPrefix  = "env:"
	filePrefix = "file:"
)

// referenceError is a reference to something that is not there. For a required or a secret setting it makes the adapter
// unconfigured; anywhere else it is an error of the configuration.
type referenceError struct{ msg string }

func (e *referenceError) Error() string { return e.msg }

func missing(format string, args ...any) error {
	return &referenceError{fmt.Sprintf(format, args...)}
}

// isMissing reports whether err is a reference to something that is not there.
func isMissing(err error) bool {
	var reference *referenceError
	return errors.As(err, &reference)
}

// dereference follows env:NAME and file:PATH. Other text is returned as it is.
func (l *loader) dereference(text string) (value string, isReference bool, err error) {
	if name, ok := strings.CutPrefix(text, envPrefix); ok {
		value, err = l.fromEnv(name)
		return value, true, err
	}
	if path, ok := strings.CutPrefix(text, filePrefix); ok {
		value, err = l.fromFile(path)
		return value, true, err
	}
	return text, false, nil
}

func (l *loader) fromEnv(name string) (string, error) {
	value, ok := l.env(name)
	switch {
	case name == "" || strings.ContainsAny(name, "= \x00"):
		return "", fmt.Errorf("needs the name of an environment variable after %s", envPrefix)
	case !ok:
		return "", missing("refers to the environment variable %s, which is not set", name)
	case len(value) > limits.ReferenceBytes:
		return "", fmt.Errorf("refers to the environment variable %s, which has more than %d bytes", name, limits.ReferenceBytes)
	}
	return value, nil
}

func (l *loader) fromFile(name string) (string, error) {
	path, err := l.resolvePath(name)
	if err != nil {
		return "", fmt.Errorf("needs a path after %s, which %w", filePrefix, err)
	}
	data, err := l.opts.ReadFile(path)
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return "", missing("refers to the file %s: %v", path, pathErr.Err)
	case err != nil:
		return "", missing("refers to the file %s: %v", path, err)
	case len(data) > limits.ReferenceBytes:
		return "", fmt.Errorf("refers to the file %s, which has more than %d bytes", path, limits.ReferenceBytes)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", missing("refers to the file %s, which is empty", path)
	}
	return value, nil
}

// dereferenceItems follows the references in a list.
func (l *loader) dereferenceItems(items []any) ([]any, error) {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = item
		if text, ok := item.(string); ok {
			value, _, err := l.dereference(text)
			if err != nil {
				return nil, fmt.Errorf("has an item that %w", err)
			}
			list[i] = value
		}
	}
	return list, nil
}

// env looks up a variable. An empty one counts as not set: that is how people switch one off in a service file.
func (l *loader) env(name string) (string, bool) {
	value, ok := l.opts.Env(name)
	return value, ok && value != ""
}
