// Package artifact makes a module one value: its file is read once, hashed and described, and what was read is what is
// admitted, metered and compiled.
//
// It owns the reading of module files and of the manifests beside them, the decision whether this host would run a module,
// and the cache of what was made of modules before. Configuration, slots, commands and caches share the value; nobody reads
// the file a second time, so that code never runs under the description of another file.
//
// It must not know any host function, where the bundled modules are kept, or what an operator configured: [Source] and
// [Config] are told.
package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
	"innkeeper/runtime/ordinaryfile"
)

// BuiltinPrefix marks a reference to a bundled module.
const BuiltinPrefix = "builtin:"

// Artifact is a module as it was read. Nobody changes it afterwards.
type Artifact struct {
	// Reference is where it was read: builtin:NAME, or the path of a file.
	Reference string
	// Size of the module, in bytes.
	Size int
	// Hash is the SHA-256 of the module, as sha256sum shows it.
	Hash [sha256.Size]byte
	// Manifest is what the module says of itself.
	Manifest *manifest.Manifest
	// Beside is the path of the manifest if it is not inside of the module.
	Beside string

	raw  []byte
	text [sha256.Size]byte // hash of the manifest's text
}

// New makes an artifact of a module that describes itself.
func New(reference string, raw []byte) (*Artifact, error) { return whole(look(reference, raw)) }

// look makes as much of an artifact as there is: with an error it has no manifest.
func look(reference string, raw []byte) (*Artifact, error) {
	a := &Artifact{Reference: reference, Size: len(raw), Hash: sha256.Sum256(raw), raw: raw}
	text, found, err := module.Manifest(raw)
	switch {
	case err != nil:
		return a, refuse(reference, err)
	case !found:
		return a, refuse(reference, ErrNoManifest)
	}
	return a, a.describe(text)
}

// describe takes the text of the manifest.
func (a *Artifact) describe(text []byte) error {
	m, err := manifest.Parse(text)
	if err != nil {
		return refuse(a.Reference, err)
	}
	a.Manifest, a.text = m, sha256.Sum256(text)
	return nil
}

// whole leaves out what comes with an error.
func whole(a *Artifact, err error) (*Artifact, error) {
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Pack makes an artifact of a module file and the text of a manifest, put into the module in the place of the one it had.
func Pack(ctx context.Context, path string, text []byte) (*Artifact, error) {
	file, err := readModule(ctx, path, ordinaryfile.Follow)
	if err != nil {
		return nil, err
	}
	packed, err := module.AppendManifest(file.Bytes, text)
	if err != nil {
		return nil, refuse(path, err)
	}
	return New(path, packed)
}

// Bytes is the module itself, which must not be changed.
func (a *Artifact) Bytes() []byte { return a.raw }

// SHA256 is the hash in hexadecimal.
func (a *Artifact) SHA256() string { return hex.EncodeToString(a.Hash[:]) }

// Same reports whether both are the same code with the same manifest, wherever they were read.
func (a *Artifact) Same(other *Artifact) bool {
	return a != nil && other != nil && a.Hash == other.Hash && a.text == other.text
}
