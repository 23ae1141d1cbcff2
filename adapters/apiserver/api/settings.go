package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/settings"
)

// config is the settings of manifest.toml that the adapter itself acts on. The others are the host's.
type config struct {
	modelName       string        // what clients call the agent's own model; "" for what the agent calls it
	concurrentTurns int           // how many requests may wait for the agent at once; 0 for as many as the host allows
	keepalive       time.Duration // how long a stream may stay without its first byte
	idle            time.Duration // how long the agent may say nothing; 0 for as long as it likes
	kept            store.Limits
}

// changeSettings puts changed settings in force. They all are live: what runs goes on as it was begun. The agent may be another
// one, too.
func (a *app) changeSettings() {
	before := a.settings
	changed, err := a.readSettings()
	if err == nil {
		a.settings = changed
		err = a.readModels()
	}
	if err != nil {
		a.settings = before
		a.log.Error("changed settings not taken", "error", err)
		return
	}
	if err := a.store.SetLimits(changed.kept); err != nil {
		a.storeFailed("what is beyond its new limits stays for now", "", err)
	}
}

// readSettings reads them.
func (a *app) readSettings() (config, error) {
	from, err := settings.Read(a.loop)
	if err != nil {
		return config{}, err
	}
	c := config{
		modelName:       from.Text("model_name", ""),
		concurrentTurns: from.Int("concurrent_turns", 0),
		keepalive:       from.Duration("keepalive", 15*time.Second),
		idle:            from.Duration("agent_idle", 5*time.Minute),
		kept: store.Limits{
			Responses:   from.Int("stored_responses", 100),
			Keys:        from.Int("idempotency_keys", 1000),
			KeyAge:      from.Duration("idempotency_age", 24*time.Hour),
			Runs:        from.Int("stored_runs", 100),
			Completions: from.Int("stored_completions", 100),
		},
	}
	return c, from.Err()
}
