package sdk

import (
	"encoding/json"
	"errors"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// SettingsJSON is the adapter's settings as a JSON object, defaults filled in, secrets left out. The caller owns it.
func (l *Loop) SettingsJSON() ([]byte, error) {
	settings, err := l.scratch.Fill(1024, l.host.Config.Read)
	return append([]byte(nil), settings...), err
}

// Settings decodes the adapter's settings into the value that v points to, by the rules of encoding/json. An error is
// permanent: the manifest and the struct do not match, and no retry mends that. Package adapters/lib/settings reads them without
// encoding/json, a megabyte of code.
func (l *Loop) Settings(v any) error {
	text, err := l.SettingsJSON()
	if err != nil {
		return Temporary("settings", "the host gave no settings: "+err.Error())
	}
	if err := json.Unmarshal(text, v); err != nil {
		return Permanent("settings", "the settings are not what the adapter expects: "+err.Error())
	}
	return nil
}

// HasSecret reports whether the operator has set a secret that the manifest names. Its value stays in the host. A name that the
// manifest does not have is the error abi.ENOENT.
func (l *Loop) HasSecret(name string) (bool, error) {
	result := l.host.Config.HasSecret(buffer.View(name))
	if result < 0 {
		return false, abi.Errno(-result)
	}
	return result == 1, nil
}

// Info is who the instance is.
type Info struct {
	// Adapter is the name under which the operator configured it.
	Adapter string
	// Generation counts the instances of the adapter; it is never used again.
	Generation uint64
	// HostVersion is the gateway's version.
	HostVersion string
	// Drain is how long open work may go on after a shutdown.
	Drain time.Duration
	// MaxBodyBytes is the largest request body that the host lets through.
	MaxBodyBytes int64
	// Predecessor is the generation of the older instance that still finishes its work beside this one, 0 if there is none.
	Predecessor uint64
}

// Info asks the host who the instance is.
func (l *Loop) Info() (Info, error) {
	answer, err := l.scratch.Fill(256, l.host.Lifecycle.Info)
	if err != nil {
		return Info{}, err
	}
	var info abi.LifecycleInfo
	if !info.Read(answer) {
		return Info{}, errors.New("lifecycle.info: not a whole record")
	}
	return Info{
		Adapter: info.Adapter, Generation: info.Generation, HostVersion: info.HostVersion,
		Drain: time.Duration(info.DrainMS) * time.Millisecond, MaxBodyBytes: int64(info.MaxBodyBytes), Predecessor: info.Predecessor,
	}, nil
}
