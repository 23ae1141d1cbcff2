package api

import (
	"time"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// feature is something that a client may want to know before it tries.
type feature struct {
	name string
	on   bool
}

// features are what this instance can do as it is configured, and what clients of the API expect that it cannot.
func (a *app) features() []feature {
	responses, completions := a.settings.kept.Responses > 0, a.settings.kept.Completions > 0
	return []feature{
		{"streaming", true},
		{"function_tools", true},
		{"json_mode", true},
		{"json_schema", true},
		{"image_input", true},
		{"response_chaining", responses},
		{"conversations", responses},
		{"background_responses", responses && a.serves("responses.cancel")},
		{"response_stream_resume", responses && a.serves("responses.cancel")},
		{"compaction", a.serves("responses.compact")},
		{"responses_websocket", a.serves("responses.websocket")},
		{"stored_chat_completions", completions},
		{"runs", a.serves("runs.create")},
		{"run_event_replay", a.serves("runs.events")},
		{"idempotency_keys", true},
		{"multiple_choices", false},
		{"logprobs", false},
		{"audio", false},
		{"hosted_tools", false},
		{"files", false},
		{"embeddings", false},
	}
}

func (a *app) serves(name string) bool {
	for _, r := range a.routes() {
		if r.name == name {
			return true
		}
	}
	return false
}

// capabilities is GET /v1/capabilities: what this server can do, from what runs.
func (a *app) capabilities(c *call) {
	info, err := a.loop.Info()
	if err != nil {
		a.log.Error("instance unknown", "error", err)
		c.refuse(openai.Internal("The server does not know itself."))
		return
	}
	b := append(a.out[:0], `{"object":"capabilities","server":{"name":"innkeeper","version":`...)
	b = jsontext.AppendString(b, info.HostVersion)
	b = append(b, `,"adapter":`...)
	b = jsontext.AppendString(b, info.Adapter)
	b = append(b, `},"models":[`...)
	b = append(b, a.models...)
	b = append(b, `],"endpoints":[`...)
	for i, r := range a.routes() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, '{'), "name", r.name)
		b = appendText(append(b, ','), "method", r.method)
		b = appendText(append(b, ','), "path", r.path)
		b = append(appendFlag(append(b, ','), "key_required", !r.open), '}')
	}
	b = append(b, `],"features":{`...)
	for i, f := range a.features() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFlag(b, f.name, f.on)
	}
	b = append(b, `},"limits":`...)
	a.out = append(a.appendLimits(b, info.MaxBodyBytes), '}')
	c.replyOut()
}

// appendLimits appends the limits as they are set. Zero is none.
func (a *app) appendLimits(b []byte, body int64) []byte {
	s := &a.settings
	b = appendNumber(append(b, '{'), "request_body_bytes", body)
	b = appendNumber(append(b, ','), "concurrent_turns", int64(s.concurrentTurns))
	b = appendNumber(append(b, ','), "agent_idle_seconds", int64(s.idle/time.Second))
	b = appendNumber(append(b, ','), "keepalive_seconds", int64(s.keepalive/time.Second))
	b = appendNumber(append(b, ','), "stored_responses", int64(s.kept.Responses))
	b = appendNumber(append(b, ','), "stored_completions", int64(s.kept.Completions))
	b = appendNumber(append(b, ','), "stored_runs", int64(s.kept.Runs))
	b = appendNumber(append(b, ','), "idempotency_keys", int64(s.kept.Keys))
	b = appendNumber(append(b, ','), "idempotency_age_seconds", int64(s.kept.KeyAge/time.Second))
	b = appendNumber(append(b, ','), "idempotency_key_bytes", maxKey)
	return append(appendNumber(append(b, ','), "idempotent_answer_bytes", maxAnswer), '}')
}

// healthDetailed is GET /health/detailed: how the instance is and what it has in hand.
func (a *app) healthDetailed(c *call) {
	info, err := a.loop.Info()
	if err != nil {
		a.log.Error("instance unknown", "error", err)
		c.refuse(openai.Internal("The server does not know itself."))
		return
	}
	status := "ok"
	if a.loop.Stopping() {
		status = "draining"
	}
	kept, err := a.store.Counts()
	if err != nil {
		c.refuse(a.storeFailed("records not counted", "", err))
		return
	}
	b := appendText(append(a.out[:0], '{'), "status", status)
	b = appendText(append(b, ','), "version", info.HostVersion)
	b = appendText(append(b, ','), "adapter", info.Adapter)
	b = appendNumber(append(b, ','), "generation", int64(info.Generation))
	b = appendNumber(append(b, ','), "started_at", a.started)
	b = appendNumber(append(b, ','), "uptime_seconds", max(time.Now().Unix()-a.started, 0))
	b = appendText(append(b, ','), "model", a.model)
	b = appendNumber(append(b, `,"open":{`...), "turns", int64(a.pending.len()))
	b = appendNumber(append(b, ','), "runs", int64(len(a.runs)))
	b = appendNumber(append(b, ','), "idempotency_keys", int64(len(a.attempts)))
	b = appendNumber(append(b, ','), "held_bytes", int64(a.memory.used))
	b = appendNumber(append(b, `},"stored":{`...), "responses", int64(kept.Responses))
	b = appendNumber(append(b, ','), "completions", int64(kept.Completions))
	b = appendNumber(append(b, ','), "runs", int64(kept.Runs))
	b = appendNumber(append(b, ','), "idempotency_keys", int64(kept.Keys))
	a.out = append(a.appendLimits(append(b, `},"limits":`...), info.MaxBodyBytes), '}')
	c.replyOut()
}

func appendText(b []byte, name, value string) []byte {
	b = append(jsontext.AppendString(b, name), ':')
	return jsontext.AppendString(b, value)
}

func appendNumber(b []byte, name string, n int64) []byte {
	return openai.AppendInt(append(jsontext.AppendString(b, name), ':'), n)
}

func appendFlag(b []byte, name string, on bool) []byte {
	b = append(jsontext.AppendString(b, name), ':')
	if on {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}
