// Package configfn is the family config for one instance: the settings that the operator gave the adapter.
//
// It owns the answer to "what are my settings" and "is that secret set". It never has the value of a secret, and knows
// nothing of where settings come from.
package configfn

import (
	"maps"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

var _ abi.Config = (*Family)(nil)

// Config is what the guest may read.
type Config struct {
	// Settings is a JSON object: every setting of the manifest, defaults filled in, without the secret ones. Empty means {}.
	Settings []byte
	// Secrets holds the name of each secret setting of the manifest, and whether the operator has set it.
	Secrets map[string]bool
}

// Family is config as one instance sees it.
type Family struct {
	settings []byte
	secrets  map[string]bool
}

// New makes the family of one instance. It keeps Settings, which must not change any more.
func New(cfg Config) *Family {
	settings := cfg.Settings
	if len(settings) == 0 {
		settings = []byte("{}")
	}
	return &Family{settings: settings, secrets: maps.Clone(cfg.Secrets)}
}

// Read is config.read.
func (f *Family) Read(buffer []byte) int32 { return guestmem.CopyOut(buffer, f.settings) }

// HasSecret is config.has_secret.
func (f *Family) HasSecret(name []byte) int32 {
	set, known := f.secrets[string(name)]
	switch {
	case !known:
		return abi.ENOENT.Result()
	case set:
		return 1
	default:
		return 0
	}
}
