package sdk

import (
	"errors"

	"innkeeper/adapters/abi"
)

// TurnHandler gets the events of one turn, in order. Done or Failed is the last. All bytes are views, valid until the
// method returns. Embed [IgnoreTurn] to leave out what an adapter has no use for.
type TurnHandler interface {
	// Text is a piece of the answer, UTF-8. Pieces that came while the guest was busy are joined.
	Text(text []byte)
	// Reasoning is a piece of the model's reasoning, UTF-8.
	Reasoning(text []byte)
	// Refusal is a piece of a refusal, UTF-8.
	Refusal(text []byte)
	// ToolCall is a piece of a function call.
	ToolCall(call ToolCall)
	// Done ends the turn. The result is the handler's to keep.
	Done(result *AgentDone)
	// Failed ends the turn with an error that may be shown to the caller.
	Failed(err *AgentError)
}

// AgentDone says how a turn came to its end, in the words of the chat completions API.
// https://platform.openai.com/docs/api-reference/chat/object
type AgentDone = abi.AgentDone

// ToolCall is a piece of a function call. The first piece of a call has its ID and Name; the Arguments of all pieces of one
// Index, put together, are one JSON text.
type ToolCall struct {
	Index     int
	ID        []byte
	Name      []byte
	Arguments []byte
}

// IgnoreTurn is a TurnHandler that ignores everything, to be embedded.
type IgnoreTurn struct{}

var _ TurnHandler = IgnoreTurn{}

// Text ignores a piece of the answer.
func (IgnoreTurn) Text([]byte) {}

// Reasoning ignores a piece of reasoning.
func (IgnoreTurn) Reasoning([]byte) {}

// Refusal ignores a piece of a refusal.
func (IgnoreTurn) Refusal([]byte) {}

// ToolCall ignores a piece of a function call.
func (IgnoreTurn) ToolCall(ToolCall) {}

// Done ignores the end.
func (IgnoreTurn) Done(*AgentDone) {}

// Failed ignores a failure.
func (IgnoreTurn) Failed(*AgentError) {}

// Turn is one request to the agent that is being answered.
type Turn struct {
	loop    *Loop
	handle  uint32
	handler TurnHandler
}

// StartTurn asks the agent. The request is the JSON body of a chat completions request; it is not kept. The handler's first call comes
// after the current callback has returned. abi.E2BIG means that the request is over the limit, abi.EMFILE and
// abi.ENFILE that too many turns run. https://platform.openai.com/docs/api-reference/chat/create
func (l *Loop) StartTurn(request []byte, handler TurnHandler) (*Turn, error) {
	l.onAgent = l.agentEvent
	result := l.host.Agent.Start(request)
	if result < 0 {
		return nil, abi.Errno(-result)
	}
	t := &Turn{loop: l, handle: uint32(result), handler: handler}
	l.turns.put(t.handle, t)
	return t, nil
}

// UserMessage is a request with one message, from the user; the rest is the agent's choice.
func UserMessage(text string) []byte {
	return append(AppendJSONString([]byte(`{"messages":[{"role":"user","content":`), text), `}]}`...)
}

// Cancel ends the turn; its handler is not called any more. It does nothing to a turn that has ended, and a nil Turn has.
func (t *Turn) Cancel() {
	if t == nil || t.loop.turns.get(t.handle) != t {
		return
	}
	t.loop.turns.remove(t.handle)
	t.loop.host.Agent.Cancel(t.handle)
}

// Models lists the models that can be asked.
func (l *Loop) Models() ([]abi.AgentModel, error) {
	answer, err := l.scratch.Fill(1024, l.host.Agent.Models)
	if err != nil {
		return nil, err
	}
	var models abi.AgentModels
	if !models.Read(answer) {
		return nil, errors.New("agent.models: the answer is cut")
	}
	return models.Models, nil
}

func (l *Loop) agentEvent(kind abi.EventKind, handle uint32, payload []byte) {
	t := l.turns.get(handle)
	if t == nil {
		return
	}
	switch kind {
	case abi.EventAgentText:
		t.handler.Text(payload)
	case abi.EventAgentReasoning:
		t.handler.Reasoning(payload)
	case abi.EventAgentRefusal:
		t.handler.Refusal(payload)
	case abi.EventAgentToolCall:
		var piece abi.AgentToolCall
		arguments, _ := piece.Read(payload)
		t.handler.ToolCall(ToolCall{Index: int(piece.Index), ID: piece.ID, Name: piece.Name, Arguments: arguments})
	case abi.EventAgentDone:
		l.turns.remove(handle)
		t.handler.Done(readAgentDone(payload))
	case abi.EventAgentFailed:
		l.turns.remove(handle)
		t.handler.Failed(readAgentError(payload))
	}
}
