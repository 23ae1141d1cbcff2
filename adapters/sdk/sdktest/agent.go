package sdktest

import "innkeeper/adapters/abi"

// Turn is one turn that the adapter started. Its methods send events; after Done, Fail or the adapter's cancel they do nothing.
type Turn struct {
	host      *Host
	handle    uint32
	request   string
	cancelled chan struct{}
	over      bool // Done or Fail was called; under host.mu
}

// OnTurn sets the agent: f is called for each turn, within agent.start. It may answer at once, or keep the turn and answer
// later from any goroutine.
func (h *Host) OnTurn(f func(*Turn)) { h.locked(func() { h.onTurn = f }) }

// RefuseTurns makes agent.start fail with the errno; 0 makes it work again.
func (h *Host) RefuseTurns(errno abi.Errno) { h.locked(func() { h.refusal = errno }) }

// Request is the JSON that the adapter sent.
func (t *Turn) Request() string { return t.request }

// Cancelled is closed when the adapter cancels the turn.
func (t *Turn) Cancelled() <-chan struct{} { return t.cancelled }

// Text sends a piece of the answer.
func (t *Turn) Text(text string) { t.post(abi.EventAgentText, []byte(text)) }

// Reasoning sends a piece of the reasoning.
func (t *Turn) Reasoning(text string) { t.post(abi.EventAgentReasoning, []byte(text)) }

// Refusal sends a piece of a refusal.
func (t *Turn) Refusal(text string) { t.post(abi.EventAgentRefusal, []byte(text)) }

// ToolCall sends a piece of a function call.
func (t *Turn) ToolCall(index int, id, name, arguments string) {
	head := abi.AgentToolCall{Index: uint32(index), ID: []byte(id), Name: []byte(name)}
	t.post(abi.EventAgentToolCall, append(head.Append(nil), arguments...))
}

// Done ends the turn.
func (t *Turn) Done(done abi.AgentDone) {
	t.post(abi.EventAgentDone, done.Append(nil))
}

// Finish ends the turn with finish reason stop and a usage of 1 and 2 tokens.
func (t *Turn) Finish() {
	t.Done(abi.AgentDone{
		FinishReason: "stop", Model: "test", Usage: &abi.AgentUsage{PromptTokens: 1, CompletionTokens: 2, TotalTokens: 3},
	})
}

// Fail ends the turn with an error of the agent's.
func (t *Turn) Fail(status int, code, message string) {
	t.FailWith(abi.AgentFailed{Status: uint32(status), Type: "upstream_error", Code: code, Message: message})
}

// FailWith ends the turn with an error.
func (t *Turn) FailWith(failed abi.AgentFailed) {
	t.post(abi.EventAgentFailed, failed.Append(nil))
}

// post sends an event if the turn is open.
func (t *Turn) post(kind abi.EventKind, payload []byte) {
	t.host.mu.Lock()
	defer t.host.mu.Unlock()
	if t.host.turns[t.handle] == t && !t.over {
		t.over = kind == abi.EventAgentDone || kind == abi.EventAgentFailed
		t.host.mailbox.post(kind, t.handle, payload)
	}
}

type agentFamily struct{ h *Host }

func (f agentFamily) Models(buffer []byte) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	models := abi.AgentModels{Models: f.h.models}
	return answer(buffer, models.Append(nil))
}

func (f agentFamily) Start(request []byte) int32 {
	t := &Turn{host: f.h, request: string(request), cancelled: make(chan struct{})}
	var onTurn func(*Turn)
	var refusal abi.Errno
	f.h.locked(func() {
		if refusal = f.h.refusal; refusal != 0 {
			return
		}
		t.handle, onTurn = f.h.next(), f.h.onTurn
		f.h.turns[t.handle] = t
	})
	if refusal != 0 {
		return refusal.Result()
	}
	onTurn(t)
	return int32(t.handle)
}

func (f agentFamily) Cancel(turn uint32) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	t := f.h.turns[turn]
	if t == nil {
		return abi.EBADF.Result()
	}
	delete(f.h.turns, turn)
	f.h.mailbox.drop(turn)
	close(t.cancelled)
	return 0
}
