package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// referenceServer is what somebody would write who needs no sandbox, no agent and no store: net/http and encoding/json.
type referenceServer struct {
	key    string
	server *http.Server
	socket net.Listener
	done   chan error
}

var _ server = (*referenceServer)(nil)

func newReference(ctx context.Context, path string) (*referenceServer, error) {
	whole, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	conf := whole.Adapter(apiServer)
	s := &referenceServer{key: conf.BearerKey().Reveal(), done: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+chatPath, s.chat)
	s.server = &http.Server{Handler: mux}
	if s.socket, err = new(net.ListenConfig).Listen(ctx, "tcp", conf.Listen); err != nil {
		return nil, err
	}
	go func() { s.done <- s.server.Serve(s.socket) }()
	return s, nil
}

func (s *referenceServer) address() string { return s.socket.Addr().String() }

func (s *referenceServer) figures(*figures) {}

func (s *referenceServer) restart(context.Context) (time.Duration, error) { return 0, errNoRestart }

func (s *referenceServer) close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if ended := <-s.done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

type (
	message struct {
		Role    string `json:"role,omitempty"`
		Content string `json:"content"`
	}
	completionRequest struct {
		Model    string    `json:"model"`
		Messages []message `json:"messages"`
		Stream   bool      `json:"stream"`
	}
	choice struct {
		Index        int      `json:"index"`
		Message      *message `json:"message,omitempty"`
		Delta        *message `json:"delta,omitempty"`
		FinishReason *string  `json:"finish_reason"`
	}
	usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		TotalTokens      int `json:"total_tokens"`
	}
	completion struct {
		ID      string   `json:"id"`
		Object  string   `json:"object"`
		Created int64    `json:"created"`
		Model   string   `json:"model"`
		Choices []choice `json:"choices"`
		Usage   *usage   `json:"usage,omitempty"`
	}
)

func (s *referenceServer) chat(w http.ResponseWriter, r *http.Request) {
	var request completionRequest
	switch err := json.NewDecoder(r.Body).Decode(&request); {
	case r.Header.Get("Authorization") != "Bearer "+s.key:
		http.Error(w, "wrong key", http.StatusUnauthorized)
		return
	case err != nil || len(request.Messages) == 0:
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	answer := completion{ID: "chatcmpl-1", Object: "chat.completion", Created: time.Now().Unix(), Model: request.Model}
	said := request.Messages[len(request.Messages)-1].Content
	stop := "stop"
	if request.Stream {
		answer.Object += ".chunk"
		stream(w, answer, said)
		return
	}
	words := len(strings.Fields(said))
	answer.Choices = []choice{{Message: &message{"assistant", said}, FinishReason: &stop}}
	answer.Usage = &usage{words, words, 2 * words}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client checks what it gets
}

// stream sends a frame for each word, each flushed, as such servers do.
func stream(w http.ResponseWriter, chunk completion, said string) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := w.(http.Flusher)
	frame := func(delta message, reason *string) {
		chunk.Choices = []choice{{Delta: &delta, FinishReason: reason}}
		text, _ := json.Marshal(chunk) // strings and numbers always have a JSON form
		fmt.Fprintf(w, "data: %s\n\n", text)
		flush.Flush()
	}
	frame(message{Role: "assistant"}, nil)
	for word := range strings.SplitAfterSeq(said, " ") {
		frame(message{Content: word}, nil)
	}
	stop := "stop"
	frame(message{}, &stop)
	fmt.Fprint(w, "data: [DONE]\n\n")
}
