// Package configfn is the family config for one instance: the settings that the operator gave the adapter.
//
// It owns the answer to "what are my settings" and "is that secret set". It never has the value of a secret, and knows
// nothing of where settings come from.
package configfn

import (
	"maps"
	"sync/atomic"

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
	settings atomic.Pointer[[]byte]
	secrets  map[string]bool
}

// New makes the family of one instance. It keeps Settings, which must not change any more.
func New(cfg Config) *Family {
	f := &Family{secrets: maps.Clone(cfg.Secrets)}
	f.Change(cfg.Settings)
	return f
}

// Change replaces the settings. It keeps them, so they must not change any more; empty means {}.
func (f *Family) Change(settings []byte) {
	if len(settings) == 0 {
		settings = []byte("{}")
	}
	f.settings.Store(&settings)
}

// Read implements config.read.
func (f *Family) Read(buffer []byte) int32 { return guestmem.CopyOut(buffer, *f.settings.Load()) }

// HasSecret implements config.has_secret.
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
