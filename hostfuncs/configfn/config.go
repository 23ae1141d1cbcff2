// Package configfn is the family config for one instance: the settings that the operator gave the adapter.
//
// It owns the answer to "what are my settings" and "is that secret set". It never has the value of a secret, and knows
// nothing of where settings come from.
package configfn

import (
	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guestmem"
)

var _ abi.Config = (*Family)(nil)

// Family is config as one instance sees it.
type Family struct {
	settings func() []byte
	secrets  map[string]bool
}

// New makes the family of one instance.
func New(core family.Core) *Family { return &Family{core.Settings, core.Secrets} }

// Plug is the family for a host. Every instance has it.
func Plug() family.Plug {
	return family.Plug{
		Table: table(), Always: true,
		New: func(core family.Core) family.Instance { return family.Instance{Functions: New(core)} },
	}
}

// Read implements config.read.
func (f *Family) Read(buffer []byte) int32 { return guestmem.CopyOut(buffer, f.settings()) }

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
