package echo

import (
	"context"
	"time"

	"innkeeper/runtime/agent"
)

// speaker streams one answer, token by token, within its limit.
type speaker struct {
	ctx   context.Context
	emit  func(agent.Event) error
	delay time.Duration
	whole bool  // say each part in one piece: nobody watches it grow
	limit int64 // tokens allowed, 0 for any number
	spent int64 // tokens said
}

// speak says the parts of the answer in their order, until the limit cuts it, and then Done.
func (s *speaker) speak(ans *answer) error {
	done := agent.Done{FinishReason: ans.finish, Model: ans.model}
	complete, err := s.say(ans.reasoning, func(w string) agent.Event {
		return agent.Event{Kind: agent.KindReasoning, Text: w}
	})
	reasoned := s.spent
	if complete && err == nil {
		complete, err = s.sayRest(ans)
	}
	if err != nil {
		return err
	}
	if !complete {
		done.FinishReason = agent.FinishLength
	}
	done.Usage = &agent.Usage{
		PromptTokens:     ans.promptTokens,
		CompletionTokens: s.spent,
		TotalTokens:      ans.promptTokens + s.spent,
		ReasoningTokens:  reasoned,
	}
	return s.event(agent.Event{Kind: agent.KindDone, Done: &done})
}

func (s *speaker) sayRest(ans *answer) (complete bool, err error) {
	if ans.call == nil {
		return s.say(ans.text, func(w string) agent.Event { return agent.Event{Kind: agent.KindText, Text: w} })
	}
	if err := s.event(toolCall(agent.ToolCallDelta{ID: ans.call.id, Name: ans.call.name})); err != nil {
		return false, err
	}
	return s.say(ans.call.arguments, func(w string) agent.Event { return toolCall(agent.ToolCallDelta{Arguments: w}) })
}

func toolCall(d agent.ToolCallDelta) agent.Event {
	return agent.Event{Kind: agent.KindToolCall, ToolCall: d}
}

// say emits text piece by piece, and reports whether all of it was within the limit.
func (s *speaker) say(text string, event func(string) agent.Event) (complete bool, err error) {
	for len(text) > 0 && s.mayGoOn() {
		if err := s.pause(); err != nil {
			return false, err
		}
		end := s.piece(text)
		if err := s.event(event(text[:end])); err != nil {
			return false, err
		}
		text = text[end:]
	}
	return text == "", nil
}

func (s *speaker) mayGoOn() bool { return s.limit == 0 || s.spent < s.limit }

// piece returns the length of what is said next, one token or all that the limit allows, and counts it.
func (s *speaker) piece(text string) (end int) {
	for end == 0 || s.whole && end < len(text) && s.mayGoOn() {
		end += wordEnd(text[end:])
		s.spent++
	}
	return end
}

func (s *speaker) event(e agent.Event) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return s.emit(e)
}

func (s *speaker) pause() error {
	if s.delay <= 0 {
		return nil
	}
	select {
	case <-time.After(s.delay):
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}
