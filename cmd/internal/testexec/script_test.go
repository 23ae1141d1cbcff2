package testexec

import (
	"context"
	"errors"
	"strings"
	"testing"

	"innkeeper/runtime/agent"
)

const rules = `
[[rules]]
when = "weather"
reasoning = ["hm"]
text = ["It is ", "sunny."]
refusal = ["no more"]

[[rules]]
when = "call"
tool_calls = [{ id = "c1", name = "f", arguments = "{}" }, { name = "g" }]

[[rules]]
when = "later"
text = ["half"]
error = { status = 429, type = "t", code = "c", message = "m", retry_after_ms = 1500 }

[[rules]]
when = "hang"
hang = true

[[rules]]
text = ["anything"]
finish = "length"
`

// answer is what the agent of a script says to a message.
func answer(t *testing.T, ctx context.Context, script, message string) (string, error) {
	t.Helper()
	a, err := Agent([]byte(script))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var said []string
	err = a.Run(ctx, agent.Turn{Request: []byte(`{"messages":[{"content":"weather"},{"content":` + message + `}]}`)}, func(e agent.Event) error {
		said = append(said, e.Kind.String()+" "+string(e.Text)+e.ToolCall.Name)
		if e.Done != nil {
			said = append(said, e.Done.FinishReason)
		}
		if e.Failed != nil {
			said = append(said, e.Failed.Error(), e.Failed.RetryAfter.String())
		}
		return nil
	})
	return strings.Join(said, "|"), err
}

func TestRules(t *testing.T) {
	for message, want := range map[string]string{
		`"what weather"`:                     "reasoning hm|text It is |text sunny.|refusal no more|done |stop",
		`"call"`:                             "tool_call f|tool_call g|done |tool_calls",
		`"later"`:                            "text half|failed |agent[429 c]: m|1.5s",
		`"x"`:                                "text anything|done |length",
		`[{"type":"text","text":"weather"}]`: "reasoning hm|text It is |text sunny.|refusal no more|done |stop",
	} {
		if got, err := answer(t, t.Context(), rules, message); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", message, got, err, want)
		}
	}
	if got, err := answer(t, t.Context(), "[[rules]]\nwhen = \"a\"", `"b"`); !strings.Contains(got, "no rule") || err != nil {
		t.Errorf("no rule: %q, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := answer(t, ctx, rules, `"hang"`); !errors.Is(err, context.Canceled) {
		t.Errorf("hang: %v", err)
	}
}

func TestScriptsThatAreNone(t *testing.T) {
	for script, says := range map[string]string{
		"rules = 1": "rules", "[[rules]]\nwhn = \"a\"": "rules.whn", "[[rules]]\nerror = {status = 200}": "rules[0].error.status", "[": "",
	} {
		if _, err := Agent([]byte(script)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", script, err)
		}
	}
}

func TestWithoutAScriptTheAgentEchoes(t *testing.T) {
	if got, err := answer(t, t.Context(), "", `"hello"`); !strings.Contains(got, "hello") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
