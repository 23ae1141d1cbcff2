package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/sdk"
)

// settings are those of manifest.toml that the adapter itself acts on. The others are the host's.
type settings struct {
	modelName       string        // what clients call the agent's own model; "" for what the agent calls it
	storedResponses int           // how many are kept
	concurrentTurns int           // how many requests may wait for the agent at once; 0 for as many as the host allows
	keepalive       time.Duration // how long a stream may stay without its first byte
	idle            time.Duration // how long the agent may say nothing; 0 for as long as it likes
	work            work.Limits
}

// readSettings reads them without encoding/json, which would be a third of the module.
func (a *app) readSettings() error {
	text, err := a.loop.SettingsJSON()
	if err != nil {
		return err
	}
	if err := a.body.Parse(text); err != nil {
		return sdk.Permanent("settings", "the host's settings are not JSON: "+err.Error())
	}
	s := settings{storedResponses: 100, keepalive: 15 * time.Second, idle: 5 * time.Minute}
	s.work = work.Limits{Keys: 1000, KeyAge: 24 * time.Hour, Runs: 100, Completions: 100}
	for m := a.body.Root().Members(); m.Next(); {
		if !m.Value.Set() {
			continue
		}
		ok := true
		switch string(m.Name()) {
		case "model_name":
			s.modelName, ok = m.Value.Text(), m.Value.Kind() == jsontext.String
		case "stored_responses":
			ok = readInt(m.Value, &s.storedResponses)
		case "concurrent_turns":
			ok = readInt(m.Value, &s.concurrentTurns)
		case "keepalive":
			ok = readInt(m.Value, &s.keepalive)
		case "agent_idle":
			ok = readInt(m.Value, &s.idle)
		case "idempotency_keys":
			ok = readInt(m.Value, &s.work.Keys)
		case "idempotency_age":
			ok = readInt(m.Value, &s.work.KeyAge)
		case "stored_runs":
			ok = readInt(m.Value, &s.work.Runs)
		case "stored_completions":
			ok = readInt(m.Value, &s.work.Completions)
		}
		if !ok {
			return sdk.Permanent("settings", "settings["+string(m.Name())+"]: not of the manifest's type")
		}
	}
	a.settings = s
	return nil
}

func readInt[T ~int | ~int64](v jsontext.Value, to *T) bool {
	n, ok := v.Int()
	if ok {
		*to = T(n)
	}
	return ok
}
