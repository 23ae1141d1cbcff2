package agentfn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"unicode/utf8"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
)

// emit posts one event of the agent. It blocks while the guest is behind.
func (t *turn) emit(e agent.Event) error {
	switch e.Kind {
	case agent.KindText:
		return t.emitText(abi.EventAgentText, e.Text)
	case agent.KindReasoning:
		return t.emitText(abi.EventAgentReasoning, e.Text)
	case agent.KindRefusal:
		return t.emitText(abi.EventAgentRefusal, e.Text)
	case agent.KindToolCall:
		return t.emitToolCall(e.ToolCall)
	case agent.KindDone:
		if e.Done == nil {
			return fmt.Errorf("agent event[%s]: without its content", e.Kind)
		}
		return t.emitLast(abi.EventAgentDone, e)
	case agent.KindFailed:
		if e.Failed == nil {
			return fmt.Errorf("agent event[%s]: without its content", e.Kind)
		}
		return t.emitLast(abi.EventAgentFailed, e)
	default:
		return fmt.Errorf("agent event[%s]: no such kind", e.Kind)
	}
}

// emitText posts text; what the guest has not fetched yet grows by it.
func (t *turn) emitText(kind abi.EventKind, text string) error {
	for text != "" {
		var piece string
		piece, text = cut(text)
		t.scratch = append(t.scratch[:0], piece...)
		if err := t.post(kind, true); err != nil {
			return err
		}
	}
	return nil
}

// emitToolCall posts a piece of a function call. Pieces are not joined: each names its call before its bytes.
func (t *turn) emitToolCall(call agent.ToolCallDelta) error {
	if failed := t.calls.add(call); failed != nil {
		return errors.Join(errUnfit, t.emitLast(abi.EventAgentFailed, failed.Event()))
	}
	head, arguments := abi.AgentToolCall{Index: uint32(call.Index), ID: []byte(call.ID), Name: []byte(call.Name)}, call.Arguments
	for {
		var piece string
		piece, arguments = cut(arguments)
		t.scratch = append(head.Append(t.scratch[:0]), piece...)
		if err := t.post(abi.EventAgentToolCall, false); err != nil || arguments == "" {
			return err
		}
		head.ID, head.Name = nil, nil
	}
}

// cut takes a piece of bounded size off a text, between two characters.
func cut(text string) (piece, rest string) {
	if len(text) <= PieceBytes {
		return text, ""
	}
	end := PieceBytes
	for end > PieceBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], text[end:]
}

// post posts the delta in t.scratch.
func (t *turn) post(kind abi.EventKind, join bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.closing(); err != nil {
		return err
	}
	return t.family.cfg.Mailbox.PostDelta(t.ctx, kind, t.handle, t.scratch, join)
}

// emitLast posts the event that ends the turn.
func (t *turn) emitLast(kind abi.EventKind, e agent.Event) error {
	err := t.postLast(kind, lastPayload(e))
	if err == nil && e.Failed != nil {
		t.logFailed(e.Failed)
	}
	return err
}

func (t *turn) postLast(kind abi.EventKind, payload []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.closing(); err != nil {
		return err
	}
	t.over = true
	return t.family.cfg.Mailbox.PostLast(kind, t.handle, payload)
}

// closing says why no event goes out any more, or nil. The caller holds t.mu.
func (t *turn) closing() error {
	switch {
	case t.ctx.Err() != nil: // far cheaper than asking for the cause each time
		return context.Cause(t.ctx)
	case t.over:
		return errEnded
	default:
		return nil
	}
}

// logFailed shows the operator what the guest does not see. What the caller of the agent did wrong is not the operator's
// trouble.
func (t *turn) logFailed(failed *agent.Failed) {
	if failed.Status < http.StatusInternalServerError {
		t.family.cfg.Logger.Debug("turn failed", slog.Uint64("turn", uint64(t.handle)), slog.Any("error", failed))
		return
	}
	t.family.report(slog.LevelWarn, "turn failed", t, failed)
}
