package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// refusal is the form of every answer that is an error.
type refusal struct {
	Error *Problem `json:"error"`
}

// Parameters of commands.
const (
	cutParameter   = "now"   // whether open work is cut
	awaitParameter = "await" // whether the answer waits for the outcome
	changesPath    = "/v1/changes"
)

// handler returns the table of what the socket offers.
func handler(c Controller, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, c.Status())
	})
	mux.HandleFunc("POST /v1/adapters/{name}/restart", onAdapter(func(r *http.Request, name string) (Pending, error) {
		return c.Restart(r.Context(), name, flag(r, cutParameter))
	}))
	mux.HandleFunc("POST /v1/adapters/{name}/pause", onAdapter(func(r *http.Request, name string) (Pending, error) {
		return c.Pause(r.Context(), name)
	}))
	mux.HandleFunc("POST /v1/adapters/{name}/resume", onAdapter(func(r *http.Request, name string) (Pending, error) {
		return c.Resume(r.Context(), name)
	}))
	mux.HandleFunc("POST /v1/reload", lasting(func(w http.ResponseWriter, r *http.Request) { reload(w, r, c) }))
	mux.HandleFunc("GET "+changesPath, lasting(func(w http.ResponseWriter, r *http.Request) { follow(w, r, c) }))
	if metrics != nil {
		mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
			soon(w)
			metrics.ServeHTTP(w, r)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answerError(w, &Problem{Code: CodeNotFound, Message: fmt.Sprintf("there is no %s %s here", r.Method, r.URL.Path),
			Hint: "command and running host may be of different versions"})
	})
	return mux
}

// onAdapter begins a command on an adapter and waits for its outcome, if it is asked to.
func onAdapter(begin func(r *http.Request, name string) (Pending, error)) http.HandlerFunc {
	return lasting(func(w http.ResponseWriter, r *http.Request) {
		wait, err := begin(r, r.PathValue("name"))
		if err == nil && flag(r, awaitParameter) {
			err = wait(r.Context())
		}
		if err != nil {
			answerError(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func reload(w http.ResponseWriter, r *http.Request, c Controller) {
	done, err := c.Reload(r.Context())
	if done.Wait != nil && flag(r, awaitParameter) {
		err = join(err, done.Wait(r.Context()))
	}
	if err != nil {
		answerError(w, err)
		return
	}
	answer(w, http.StatusOK, done)
}

// join keeps one error as it is, so that its code is not lost.
func join(first, second error) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return errors.Join(first, second)
}

// follow sends every change as a line, until the reader has left or the host ends. The head is sent at once: who has it misses
// nothing that happens from then on.
func follow(w http.ResponseWriter, r *http.Request, c Controller) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	changes := c.Subscribe(ctx)
	w.Header().Set("Content-Type", "application/jsonl")
	soon(w)
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	if flush.Flush() != nil {
		return
	}
	for change := range changes {
		soon(w)
		if encoder.Encode(change) != nil || flush.Flush() != nil {
			return
		}
	}
}

func flag(r *http.Request, name string) bool {
	on, err := strconv.ParseBool(r.URL.Query().Get(name))
	return err == nil && on
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
	soon(w)
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client has left, or all is well
}
