package testexec

import (
	"encoding/json"

	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// settingsJSON is the settings of an operator who set nothing: the defaults.
func settingsJSON(asks *manifest.Manifest) ([]byte, error) {
	settings := map[string]any{}
	for _, s := range asks.Settings {
		if s.Default != nil {
			settings[s.Name] = s.Default
		}
	}
	return json.Marshal(settings)
}

// secrets are those of an operator who set all of them.
func secrets(asks *manifest.Manifest) map[string]bool {
	set := map[string]bool{}
	for _, s := range asks.Settings {
		if s.Secret {
			set[s.Name] = true
		}
	}
	return set
}

// quota is what a slot has unless the operator says otherwise.
func quota(plugs []family.Plug) ledger.Quota {
	q := ledger.Quota{Total: limits.HandlesTotal, Kinds: map[ledger.Kind]int{}}
	for _, plug := range plugs {
		for _, h := range plug.Handles {
			q.Kinds[h.Kind] = h.Quota
		}
	}
	return q
}
