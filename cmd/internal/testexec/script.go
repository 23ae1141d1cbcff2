package testexec

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo"
)

// script is an agent that answers by rules. The first one that fits a turn counts.
type script struct {
	Rules []rule `toml:"rules"`
}

// rule says what the agent does.
type rule struct {
	// When is a text in the last message of the turns that the rule is for; empty is for all.
	When string `toml:"when"`

	// What it says, each item in an event of its own.
	Reasoning []string   `toml:"reasoning"`
	Text      []string   `toml:"text"`
	Refusal   []string   `toml:"refusal"`
	ToolCalls []toolCall `toml:"tool_calls"`

	// How it ends: in an error, not before it is cancelled, or with a reason, which is "stop" if it is not given.
	Error  *failure `toml:"error"`
	Hang   bool     `toml:"hang"`
	Finish string   `toml:"finish"`
}

type toolCall struct {
	ID        string `toml:"id"`
	Name      string `toml:"name"`
	Arguments string `toml:"arguments"`
}

type failure struct {
	Status       int    `toml:"status"`
	Type         string `toml:"type"`
	Code         string `toml:"code"`
	Message      string `toml:"message"`
	RetryAfterMS int    `toml:"retry_after_ms"`
}

var _ agent.Agent = (*script)(nil)

// scriptModel is how the script calls itself.
const scriptModel = "script"

// Agent is the one that answers by the rules of a script, TOML with [[rules]]; the echo agent without a script.
func Agent(text []byte) (agent.Agent, error) {
	if len(text) == 0 {
		return echo.New(echo.Config{}), nil
	}
	s := &script{}
	read, err := toml.Decode(string(text), s)
	if err != nil {
		return nil, err
	}
	if unknown := read.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%s: no such key in a script", unknown[0])
	}
	for i, r := range s.Rules {
		if r.Error != nil && (r.Error.Status < 400 || r.Error.Status > 599) {
			return nil, fmt.Errorf("rules[%d].error.status is %d, not an HTTP status of an error", i, r.Error.Status)
		}
	}
	return s, nil
}

// Models implements agent.Agent.
func (s *script) Models(context.Context) []agent.Model {
	return []agent.Model{{ID: scriptModel, OwnedBy: "innkeeper"}}
}

// Close implements agent.Agent.
func (s *script) Close() error { return nil }

// Run implements agent.Agent.
func (s *script) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	r, ok := s.find(lastMessage(turn.Request))
	if !ok {
		return emit(agent.BadRequest("messages", "no rule of the script is for this turn").Event())
	}
	for _, event := range r.says() {
		if err := emit(event); err != nil {
			return err
		}
	}
	if r.Hang {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return emit(r.end())
}

func (s *script) find(message string) (rule, bool) {
	for _, r := range s.Rules {
		if strings.Contains(message, r.When) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) says() (events []agent.Event) {
	for _, pieces := range []struct {
		kind  agent.Kind
		texts []string
	}{{agent.KindReasoning, r.Reasoning}, {agent.KindText, r.Text}, {agent.KindRefusal, r.Refusal}} {
		for _, text := range pieces.texts {
			events = append(events, agent.Event{Kind: pieces.kind, Text: text})
		}
	}
	for i, call := range r.ToolCalls {
		delta := agent.ToolCallDelta{Index: i, ID: call.ID, Name: call.Name, Arguments: call.Arguments}
		events = append(events, agent.Event{Kind: agent.KindToolCall, ToolCall: delta})
	}
	return events
}

func (r rule) end() agent.Event {
	if e := r.Error; e != nil {
		failed := &agent.Failed{
			Status: e.Status, Type: e.Type, Code: e.Code, Message: e.Message, RetryAfter: time.Duration(e.RetryAfterMS) * time.Millisecond,
		}
		return failed.Event()
	}
	done := &agent.Done{FinishReason: r.Finish, Model: scriptModel}
	switch {
	case done.FinishReason != "":
	case len(r.ToolCalls) > 0:
		done.FinishReason = agent.FinishToolCalls
	default:
		done.FinishReason = agent.FinishStop
	}
	return agent.Event{Kind: agent.KindDone, Done: done}
}

// lastMessage is what the last message of a chat completions request says: its text, or the JSON of its parts.
func lastMessage(request []byte) string {
	var chat struct {
		Messages []struct {
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(request, &chat); err != nil || len(chat.Messages) == 0 {
		return ""
	}
	content := chat.Messages[len(chat.Messages)-1].Content
	var text string
	if json.Unmarshal(content, &text) != nil {
		return string(content)
	}
	return text
}
