package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/sdk"
)

// settings are those of manifest.toml that the adapter itself acts on. The others are the host's.
type settings struct {
	modelName       string        // what clients call the agent's own model; "" for what the agent calls it
	concurrentTurns int           // how many requests may wait for the agent at once; 0 for as many as the host allows
	keepalive       time.Duration // how long a stream may stay without its first byte
	idle            time.Duration // how long the agent may say nothing; 0 for as long as it likes
	kept            store.Limits
}

// changeSettings puts changed settings in force. They all are live: what runs goes on as it was begun. The agent may be another
// one, too.
func (a *app) changeSettings() {
	settings, err := a.readSettings()
	if err == nil {
		a.settings = settings
		err = a.readModels()
	}
	if err != nil {
		a.log.Error("changed settings not taken", "error", err)
		return
	}
	if err := a.store.SetLimits(settings.kept); err != nil {
		a.storeFailed("what is beyond its new limits stays for now", "", err)
	}
}

// readSettings reads them without encoding/json, which would be a third of the module.
func (a *app) readSettings() (settings, error) {
	text, err := a.loop.SettingsJSON()
	if err != nil {
		return settings{}, err
	}
	defer a.body.Release()
	if err := a.body.Parse(text); err != nil {
		return settings{}, sdk.Permanent("settings", "the host's settings are not JSON: "+err.Error())
	}
	s := settings{keepalive: 15 * time.Second, idle: 5 * time.Minute}
	s.kept = store.Limits{Responses: 100, Keys: 1000, KeyAge: 24 * time.Hour, Runs: 100, Completions: 100}
	for m := a.body.Root().Members(); m.Next(); {
		if !m.Value.Set() {
			continue
		}
		ok := true
		switch string(m.Name()) {
		case "model_name":
			s.modelName, ok = m.Value.Text(), m.Value.Kind() == jsontext.String
		case "stored_responses":
			ok = readInt(m.Value, &s.kept.Responses)
		case "concurrent_turns":
			ok = readInt(m.Value, &s.concurrentTurns)
		case "keepalive":
			ok = readInt(m.Value, &s.keepalive)
		case "agent_idle":
			ok = readInt(m.Value, &s.idle)
		case "idempotency_keys":
			ok = readInt(m.Value, &s.kept.Keys)
		case "idempotency_age":
			ok = readInt(m.Value, &s.kept.KeyAge)
		case "stored_runs":
			ok = readInt(m.Value, &s.kept.Runs)
		case "stored_completions":
			ok = readInt(m.Value, &s.kept.Completions)
		}
		if !ok {
			return settings{}, sdk.Permanent("settings", "settings["+string(m.Name())+"]: not of the manifest's type")
		}
	}
	return s, nil
}

func readInt[T ~int | ~int64](v jsontext.Value, to *T) bool {
	n, ok := v.Int()
	if ok {
		*to = T(n)
	}
	return ok
}
