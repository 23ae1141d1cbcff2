package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "embed"
)

// sampleText is the annotated file. Its commented-out settings are written #name = value, without a space; prose has one.
//
//go:embed sample.toml
var sampleText string

// sampleKey is what stands for the key in sampleText.
const sampleKey = "@KEY@"

// Sample is the annotated innkeeper.toml with the given key for the API server.
func Sample(key string) string {
	return strings.Replace(sampleText, sampleKey, key, 1)
}

// NewKey returns a bearer key with 256 random bits.
func NewKey() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return "ik_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// WriteSample writes the sample with a new key to path, readable by its owner only. It never touches a file that is
// there already: the error then matches fs.ErrExist.
func WriteSample(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("config[%s]: %w", path, err)
	}
	_, err = f.WriteString(Sample(NewKey()))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		// Half a file would keep the next attempt from writing a whole one.
		return fmt.Errorf("config[%s]: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}
