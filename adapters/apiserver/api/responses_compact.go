package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// compaction is a request for a summary of a conversation that waits for the agent.
type compaction struct {
	sdk.IgnoreTurn
	app     *app
	wait    waiter
	to      responder
	memory  reservation
	result  responses.Compaction
	refusal []byte
}

var _ handler = (*compaction)(nil)

func (p *compaction) waits() *waiter { return &p.wait }

// compactResponse is POST /v1/responses/compact.
func (a *app) compactResponse(c *call, r responses.Request) *openai.Error {
	conversation, fault := a.conversation(&r)
	if fault != nil {
		return fault
	}
	list := append(append(append(make([]byte, 0, len(conversation)+2), '['), conversation...), ']')
	defer a.item.Release()
	if err := a.item.Parse(list); err != nil { // more values than are read, as each of the parts was read before
		return openai.Invalid("input", "The conversation is too large to be compacted.")
	}
	messages := a.item.Root()
	p := &compaction{app: a, to: c.to}
	p.result = responses.Compaction{ID: a.ids.New(ids.Response), CreatedAt: time.Now().Unix()}
	a.turn = r.AppendCompactTurn(a.turn[:0], a.modelAsked(r.Model), messages)
	if fault := a.ask(p, a.turn); fault != nil {
		return fault
	}
	p.result.Users = responses.AppendUserItems(nil, messages, p.result.ID)
	p.memory = a.memory.reserve(len(p.result.Users))
	c.to.watch(nil, p.leave)
	return nil
}

// Text implements sdk.TurnHandler.
func (p *compaction) Text(text []byte) { p.result.Summary = append(p.result.Summary, text...) }

// Refusal implements sdk.TurnHandler.
func (p *compaction) Refusal(text []byte) { p.refusal = append(p.refusal, text...) }

// Done implements sdk.TurnHandler.
func (p *compaction) Done(result *sdk.AgentDone) {
	a := p.app
	p.leave()
	if len(p.result.Summary) == 0 {
		message := "The agent gave no summary of the conversation."
		if len(p.refusal) > 0 {
			message += " It said: " + string(p.refusal)
		}
		a.refuse(p.to, &openai.Error{Status: 502, Type: openai.TypeServer, Code: "no_summary", Message: message})
		return
	}
	a.out = p.result.AppendJSON(a.out[:0], openai.DoneOf(result).Usage)
	p.to.respond(200, jsonHeader, a.out)
	reuse(&a.out)
}

// Failed implements sdk.TurnHandler.
func (p *compaction) Failed(failure *sdk.AgentError) {
	p.leave()
	err := agentError(failure)
	err.Param = responses.Param(err.Param)
	p.app.refuse(p.to, err)
}

// interrupt implements handler.
func (p *compaction) interrupt() {
	p.leave()
	p.app.refuse(p.to, restarting())
}

// leave ends the wait for the agent.
func (p *compaction) leave() {
	p.memory.Release()
	p.wait.stop()
}
