package gateway

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"innkeeper/runtime/agent"
)

// paced is an agent whose answers take as long as the test wants. A request whose last message begins with "hold NAME" gets
// words until the test lets NAME go; any other gets a few words at once.
type paced struct {
	mu    sync.Mutex
	gates map[string]*gate
}

// gate holds an answer back, from its first word to its last.
type gate struct {
	begun, open      chan struct{}
	beginOnce, letGo sync.Once
}

func newPaced() *paced { return &paced{gates: map[string]*gate{}} }

// gate is that of a name.
func (a *paced) gate(name string) *gate {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.gates[name]
	if g == nil {
		g = &gate{begun: make(chan struct{}), open: make(chan struct{})}
		a.gates[name] = g
	}
	return g
}

// release lets an answer come to its end.
func (a *paced) release(name string) {
	g := a.gate(name)
	g.letGo.Do(func() { close(g.open) })
}

func (a *paced) Models(context.Context) []agent.Model { return nil }
func (a *paced) Close() error                         { return nil }

func (a *paced) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	say := func(word string) error { return emit(agent.Event{Kind: agent.KindText, Text: word + " "}) }
	if err := say("first"); err != nil {
		return err
	}
	if name, held := strings.CutPrefix(lastMessage(turn.Request), "hold "); held {
		g := a.gate(name)
		g.beginOnce.Do(func() { close(g.begun) })
		select {
		case <-g.open:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := say("last"); err != nil {
		return err
	}
	return emit(agent.Event{Kind: agent.KindDone, Done: &agent.Done{FinishReason: agent.FinishStop}})
}

// lastMessage is the text of the last message of a chat-completions request.
func lastMessage(request []byte) string {
	var body struct {
		Messages []struct{ Content json.RawMessage }
	}
	if json.Unmarshal(request, &body) != nil || len(body.Messages) == 0 {
		return ""
	}
	content := body.Messages[len(body.Messages)-1].Content
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct{ Text string }
	_ = json.Unmarshal(content, &parts)
	for _, part := range parts {
		text += part.Text
	}
	return text
}
