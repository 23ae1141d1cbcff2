package config

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// SettingsJSON is what the guest may read: its settings without the secrets, as one JSON object. Durations are integers
// in nanoseconds, sizes integers in bytes, lists arrays of strings.
func (a *Adapter) SettingsJSON() ([]byte, error) {
	data, err := json.Marshal(a.Settings)
	if err != nil {
		return nil, fmt.Errorf("adapter[%s]: settings: %w", a.Name, err)
	}
	return data, nil
}

// Fingerprint identifies everything about an adapter that would make a difference to its slot. Two loads give the same
// fingerprint if and only if nothing changed. Secrets enter as hashes.
func (a *Adapter) Fingerprint() [sha256.Size]byte {
	type fields Adapter // without methods
	whole := struct {
		fields
		Secrets map[string][sha256.Size]byte
	}{fields: fields(*a), Secrets: map[string][sha256.Size]byte{}}
	whole.Grants = nil // what they come to is in the disposition
	for name, secret := range a.Secrets {
		whole.Secrets[name] = secret.hash()
	}
	data, err := json.Marshal(whole)
	if err != nil {
		// Settings are strings, integers, finite numbers, booleans and lists of strings, which JSON can hold; an adapter
		// that was built otherwise counts as changed in every part that can be written.
		data = fmt.Appendf(nil, "%+v", whole)
	}
	return sha256.Sum256(data)
}

// Equal reports whether a and other have the same fingerprint.
func (a *Adapter) Equal(other *Adapter) bool { return a.Fingerprint() == other.Fingerprint() }

// Equal reports whether two agents answer alike.
func (a Agent) Equal(other Agent) bool {
	same := a.APIKey.Equal(other.APIKey)
	a.APIKey, other.APIKey = Secret{}, Secret{}
	return same && reflect.DeepEqual(a, other)
}

// Changes are the differences between two configurations that a reload acts on. The lists hold names, sorted.
type Changes struct {
	Added, Removed, Changed  []string // adapters
	Agent, DataDir, LogLevel bool
}

// ChangesSince compares c with the configuration that is in force.
func (c *Config) ChangesSince(old *Config) Changes {
	ch := Changes{
		Agent:    !c.Agent.Equal(old.Agent),
		DataDir:  c.DataDir != old.DataDir,
		LogLevel: c.LogLevel != old.LogLevel,
	}
	for i := range c.Adapters {
		a := &c.Adapters[i]
		switch before := old.Adapter(a.Name); {
		case before == nil:
			ch.Added = append(ch.Added, a.Name)
		case !a.Equal(before):
			ch.Changed = append(ch.Changed, a.Name)
		}
	}
	for i := range old.Adapters {
		if name := old.Adapters[i].Name; c.Adapter(name) == nil {
			ch.Removed = append(ch.Removed, name)
		}
	}
	slices.SortFunc(ch.Removed, strings.Compare)
	return ch
}

// LiveSince reports whether a differs from before, and in nothing but settings that its manifest calls live.
func (a *Adapter) LiveSince(before *Adapter) bool {
	if a.Manifest == nil || !a.Artifact.Same(before.Artifact) || a.Equal(before) {
		return false
	}
	masked := *a
	masked.Settings = maps.Clone(a.Settings)
	for _, s := range a.Manifest.Settings {
		if !s.Live {
			continue
		}
		if v, set := before.Settings[s.Name]; set {
			masked.Settings[s.Name] = v
		} else {
			delete(masked.Settings, s.Name)
		}
	}
	return masked.Equal(before)
}
