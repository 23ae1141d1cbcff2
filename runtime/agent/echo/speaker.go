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
	timer *time.Timer
}

func (s *speaker) close() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

// speak says the parts of the answer in their order, until the limit cuts it, and then Done.
func (s *speaker) speak(ans *answer) error {
	done := agent.Done{FinishReason: ans.finish, Model: ans.model}
	whole, err := s.say(ans.reasoning, func(w string) agent.Event {
		return agent.Event{Kind: agent.KindReasoning, Text: w}
	})
	reasoned := s.spent
	if whole && err == nil {
		whole, err = s.sayRest(ans)
	}
	if err != nil {
		return err
	}
	if !whole {
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

func (s *speaker) sayRest(ans *answer) (whole bool, err error) {
	if ans.call == nil {
		return s.say(ans.text, func(w string) agent.Event { return agent.Event{Kind: agent.KindText, Text: w} })
	}
	err = s.event(toolCall(agent.ToolCallDelta{ID: ans.call.id, Name: ans.call.name}))
	if err != nil {
		return false, err
	}
	return s.say(ans.call.arguments, func(w string) agent.Event {
		return toolCall(agent.ToolCallDelta{Arguments: w})
	})
}

func toolCall(d agent.ToolCallDelta) agent.Event {
	return agent.Event{Kind: agent.KindToolCall, ToolCall: d}
}

// say emits text token by token, and reports whether all of it was within the limit.
func (s *speaker) say(text string, event func(string) agent.Event) (whole bool, err error) {
	if s.whole {
		return s.sayWhole(text, event)
	}
	for len(text) > 0 {
		if s.limit > 0 && s.spent == s.limit {
			return false, nil
		}
		if err := s.pause(); err != nil {
			return false, err
		}
		end := wordEnd(text)
		if err := s.event(event(text[:end])); err != nil {
			return false, err
		}
		text = text[end:]
		s.spent++
	}
	return true, nil
}

// sayWhole emits what is within the limit in one piece.
func (s *speaker) sayWhole(text string, event func(string) agent.Event) (whole bool, err error) {
	end := 0
	for end < len(text) && (s.limit == 0 || s.spent < s.limit) {
		end += wordEnd(text[end:])
		s.spent++
	}
	if end > 0 {
		err = s.event(event(text[:end]))
	}
	return end == len(text), err
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
	if s.timer == nil {
		s.timer = time.NewTimer(s.delay)
	} else {
		s.timer.Reset(s.delay)
	}
	select {
	case <-s.timer.C:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}
