package sdk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// recorder writes down the events of a turn.
type recorder struct {
	log    strings.Builder
	failed *sdk.AgentError
	ended  func()
}

func (r *recorder) Text(b []byte)      { fmt.Fprintf(&r.log, "text(%s) ", b) }
func (r *recorder) Reasoning(b []byte) { fmt.Fprintf(&r.log, "reasoning(%s) ", b) }
func (r *recorder) Refusal(b []byte)   { fmt.Fprintf(&r.log, "refusal(%s) ", b) }
func (r *recorder) ToolCall(c sdk.ToolCall) {
	fmt.Fprintf(&r.log, "tool(%d %s %s %s) ", c.Index, c.ID, c.Name, c.Arguments)
}

func (r *recorder) Done(d *sdk.AgentDone) {
	fmt.Fprintf(&r.log, "done(%s %s %+v) ", d.FinishReason, d.Model, d.Usage)
	r.end()
}

func (r *recorder) Failed(err *sdk.AgentError) {
	r.failed = err
	r.end()
}

func (r *recorder) end() {
	if r.ended != nil {
		r.ended()
	}
}

// runTurn plays one turn against a recorder and gives what it saw.
func runTurn(t *testing.T, agent func(*sdktest.Turn)) *recorder {
	t.Helper()
	host := sdktest.New()
	host.OnTurn(agent)
	saw := &recorder{}
	code := sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		saw.ended = func() { l.Exit(nil) }
		_, err := l.StartTurn([]byte(`{"messages":[]}`), saw)
		return err
	})
	if code != 0 {
		t.Fatalf("exit code %d: %+v", code, host.Failure())
	}
	return saw
}

func TestTurnEvents(t *testing.T) {
	saw := runTurn(t, func(turn *sdktest.Turn) {
		if turn.Request() != `{"messages":[]}` {
			t.Errorf("request %q", turn.Request())
		}
		turn.Reasoning("hm")
		turn.Text("a")
		turn.Refusal("no")
		turn.ToolCall(1, "call_1", "f", `{"x"`)
		turn.ToolCall(1, "", "", `:1}`)
		turn.Finish()
	})
	want := `reasoning(hm) text(a) refusal(no) tool(1 call_1 f {"x") tool(1   :1}) done(stop test &{PromptTokens:1 CompletionTokens:2 TotalTokens:3 CachedTokens:0 ReasoningTokens:0}) `
	if got := saw.log.String(); got != want {
		t.Errorf("events\n%s, want\n%s", got, want)
	}
}

func TestTurnFailed(t *testing.T) {
	saw := runTurn(t, func(turn *sdktest.Turn) {
		turn.FailWith(abi.AgentFailed{Status: 429, Type: "rate_limit_error", Message: "slow down", Param: "messages[0]", RetryAfterMS: 1500})
	})
	want := sdk.AgentError{Status: 429, Type: "rate_limit_error", Message: "slow down", Param: "messages[0]", RetryAfter: 1500 * time.Millisecond}
	if saw.failed == nil || *saw.failed != want {
		t.Errorf("error %+v, want %+v", saw.failed, want)
	}
}

func TestTurnFailedWithoutAReason(t *testing.T) {
	saw := runTurn(t, func(turn *sdktest.Turn) { turn.FailWith(abi.AgentFailed{}) })
	if saw.failed == nil || saw.failed.Status != 502 || saw.failed.Message == "" {
		t.Errorf("got %+v", saw.failed)
	}
}

func TestTurnRefused(t *testing.T) {
	host := sdktest.New()
	host.RefuseTurns(abi.EMFILE)
	sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		turn, err := l.StartTurn(nil, sdk.IgnoreTurn{})
		if turn != nil || !errors.Is(err, abi.EMFILE) {
			t.Errorf("turn %v, error %v", turn, err)
		}
		return err
	})
}

func TestCancelledTurnIsSilent(t *testing.T) {
	host := sdktest.New()
	var seen *sdktest.Turn
	host.OnTurn(func(turn *sdktest.Turn) {
		seen = turn
		turn.Text("on its way")
	})
	saw := &recorder{}
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		turn, err := l.StartTurn(nil, saw)
		turn.Cancel()
		turn.Cancel()
		(*sdk.Turn)(nil).Cancel()
		return err
	})
	host.Shutdown("stop", 0)
	if code := run.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	select {
	case <-seen.Cancelled():
	default:
		t.Error("the host was not told")
	}
	if saw.log.Len() != 0 {
		t.Errorf("events after cancel: %s", saw.log.String())
	}
}

func TestModels(t *testing.T) {
	host := sdktest.New()
	host.SetModels(abi.AgentModel{ID: "echo", OwnedBy: "me"}, abi.AgentModel{ID: "other"})
	sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		models, err := l.Models()
		if len(models) != 2 || models[0] != (abi.AgentModel{ID: "echo", OwnedBy: "me"}) || models[1].ID != "other" || err != nil {
			t.Errorf("models %+v, %v", models, err)
		}
		return errors.New("enough")
	})
}
