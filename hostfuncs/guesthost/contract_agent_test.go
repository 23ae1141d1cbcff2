package guesthost_test

import (
	"time"

	"innkeeper/runtime/agent"
)

var usage = &agent.Usage{PromptTokens: 1, CompletionTokens: 2, TotalTokens: 3}

func playTurn(p *play) {
	p.sized("models", p.Agent.Models)
	p.world.script([]agent.Event{
		{Kind: agent.KindReasoning, Text: "hm"},
		{Kind: agent.KindText, Text: "an answer"},
		{Kind: agent.KindRefusal, Text: "no"},
		{Kind: agent.KindToolCall, ToolCall: agent.ToolCallDelta{Index: 1, ID: "id", Name: "name", Arguments: "{"}},
		{Kind: agent.KindToolCall, ToolCall: agent.ToolCallDelta{Index: 1, Arguments: "}"}},
		{Kind: agent.KindDone, Done: &agent.Done{FinishReason: "stop", Model: "test", Usage: usage}},
	})
	p.start("{}")
	for range 6 {
		p.event()
	}
	p.result("cancel after the end", p.Agent.Cancel(p.handle))
	p.none()
}

func playFailure(p *play) {
	p.world.script([]agent.Event{
		{Kind: agent.KindText, Text: "half"},
		{Kind: agent.KindFailed, Failed: &agent.Failed{Status: 429, Type: "upstream_error", Code: "slow_down", Message: "too \"many\""}},
	})
	p.start("{}")
	p.event()
	p.event()
	p.result("cancel after the end", p.Agent.Cancel(p.handle))
}

func playCancel(p *play) {
	p.world.script([]agent.Event{{Kind: agent.KindText, Text: "a"}})
	p.start("{}")
	p.event()
	p.result("cancel", p.Agent.Cancel(p.handle))
	p.result("cancel again", p.Agent.Cancel(p.handle))
	p.none()
}

// A turn lives until its last event was fetched.
func playCancelAtTheEnd(p *play) {
	p.world.script([]agent.Event{{Kind: agent.KindDone, Done: &agent.Done{FinishReason: "stop", Model: "test", Usage: usage}}})
	p.start("{}")
	p.result("its event is there", p.Event.Wait(int64(10*time.Second)))
	p.result("cancel", p.Agent.Cancel(p.handle))
	p.none()
}
