package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// The forms of answers beside [Status].
type (
	reloaded struct {
		Touched []string `json:"touched"`
	}
	refusal struct {
		Error *Problem `json:"error"`
	}
)

// handler returns the table of what the socket offers.
func handler(c Controller, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, c.Status())
	})
	mux.HandleFunc("POST /v1/adapters/{name}/restart", onAdapter(c.Restart))
	mux.HandleFunc("POST /v1/adapters/{name}/pause", onAdapter(c.Pause))
	mux.HandleFunc("POST /v1/adapters/{name}/resume", onAdapter(c.Resume))
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, r *http.Request) {
		touched, err := c.Reload(r.Context())
		if err != nil {
			answerError(w, err)
			return
		}
		answer(w, http.StatusOK, reloaded{append([]string{}, touched...)})
	})
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answerError(w, &Problem{Code: CodeNotFound, Message: fmt.Sprintf("there is no %s %s here", r.Method, r.URL.Path),
			Hint: "command and running host may be of different versions"})
	})
	return mux
}

func onAdapter(do func(context.Context, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r.Context(), r.PathValue("name")); err != nil {
			answerError(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func answerError(w http.ResponseWriter, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Code: CodeInternal, Message: err.Error()}
	}
	answer(w, p.status(), refusal{p})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client has left, or all is well
}
