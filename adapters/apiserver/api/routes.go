package api

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
)

// route is one entry of the manifest's [[http.routes]].
type route struct {
	name, method, path string
	open               bool // without the key
	handle             func(*call)
}

const open, needsKey = true, false

func (a *app) routes() []route {
	return []route{
		{"health", "GET", "/health", open, a.health},
		{"v1.health", "GET", "/v1/health", open, a.health},
		{"models.list", "GET", "/v1/models", needsKey, a.listModels},
		{"models.get", "GET", "/v1/models/{model...}", needsKey, a.getModel},
		{"chat.completions.create", "POST", "/v1/chat/completions", needsKey, creates(a, chat.Decode, a.createCompletion)},
		{"responses.create", "POST", "/v1/responses", needsKey, creates(a, responses.Decode, a.createResponse)},
		{"responses.get", "GET", "/v1/responses/{id}", needsKey, a.getResponse},
		{"responses.delete", "DELETE", "/v1/responses/{id}", needsKey, a.deleteResponse},
		{"responses.cancel", "POST", "/v1/responses/{id}/cancel", needsKey, a.cancelResponse},
		{"responses.input_items", "GET", "/v1/responses/{id}/input_items", needsKey, a.listInputItems},
		{"responses.compact", "POST", "/v1/responses/compact", needsKey, creates(a, responses.DecodeCompact, a.compactResponse)},
		{"chat.completions.list", "GET", "/v1/chat/completions", needsKey, a.listCompletions},
		{"chat.completions.get", "GET", "/v1/chat/completions/{id}", needsKey, a.getCompletion},
		{"chat.completions.update", "POST", "/v1/chat/completions/{id}", needsKey, a.updateCompletion},
		{"chat.completions.delete", "DELETE", "/v1/chat/completions/{id}", needsKey, a.deleteCompletion},
		{"chat.completions.messages", "GET", "/v1/chat/completions/{id}/messages", needsKey, a.listMessages},
		{"runs.create", "POST", "/v1/runs", needsKey, creates(a, runs.Decode, a.createRun)},
		{"runs.get", "GET", "/v1/runs/{id}", needsKey, a.getRun},
		{"runs.events", "GET", "/v1/runs/{id}/events", needsKey, a.readRun},
		{"runs.stop", "POST", "/v1/runs/{id}/stop", needsKey, a.stopRun},
		{"responses.websocket", "GET", "/v1/responses", needsKey, a.connect},
		{"capabilities", "GET", "/v1/capabilities", needsKey, a.capabilities},
		{"health.detailed", "GET", "/health/detailed", needsKey, a.healthDetailed},
		{"openapi", "GET", "/openapi.json", open, a.openAPI},
	}
}
