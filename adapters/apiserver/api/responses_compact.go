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
	request
	sdk.IgnoreTurn
	result  responses.Compaction
	refusal []byte
}

var _ handler = (*compaction)(nil)

// compactResponse is POST /v1/responses/compact.
func (a *app) compactResponse(x *sdk.Exchange) {
	if err := a.admit(); err != nil {
		a.refuse(x, err)
		return
	}
	body, ok := a.bodyOf(x)
	if !ok {
		return
	}
	defer a.body.Release()
	root, fault := openai.ParseBody(&a.body, body)
	var r responses.Request
	if fault == nil {
		r, fault = responses.DecodeCompact(root)
	}
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	conversation, fault, err := a.conversation(&r)
	switch {
	case err != nil:
		a.broken(x, err)
	case fault != nil:
		a.refuse(x, fault)
	default:
		a.startCompaction(x, &r, conversation)
	}
}

func (a *app) startCompaction(x *sdk.Exchange, r *responses.Request, conversation []byte) {
	list := append(append(append(make([]byte, 0, len(conversation)+2), '['), conversation...), ']')
	defer a.item.Release()
	if err := a.item.Parse(list); err != nil { // more values than are read, as each of the parts was read before
		a.refuse(x, openai.Invalid("input", "The conversation is too large to be compacted."))
		return
	}
	messages := a.item.Root()
	c := &compaction{request: request{app: a, x: x}}
	c.result = responses.Compaction{ID: a.ids.New(ids.Response), CreatedAt: time.Now().Unix()}
	a.turn = r.AppendCompactTurn(a.turn[:0], a.modelAsked(r.Model), messages)
	if !a.ask(&c.request, c, a.turn) {
		return
	}
	c.result.Users = responses.AppendUserItems(nil, messages, c.result.ID)
	a.held += len(c.result.Users)
	x.OnGone(c.gone)
}

// Text implements sdk.TurnHandler.
func (c *compaction) Text(text []byte) { c.result.Summary = append(c.result.Summary, text...) }

// Refusal implements sdk.TurnHandler.
func (c *compaction) Refusal(text []byte) { c.refusal = append(c.refusal, text...) }

// Done implements sdk.TurnHandler.
func (c *compaction) Done(result []byte) {
	a := c.app
	c.leave()
	if len(c.result.Summary) == 0 {
		message := "The agent gave no summary of the conversation."
		if len(c.refusal) > 0 {
			message += " It said: " + string(c.refusal)
		}
		a.refuse(c.x, &openai.Error{Status: 502, Type: openai.TypeServer, Code: "no_summary", Message: message})
		return
	}
	a.out = c.result.AppendJSON(a.out[:0], openai.ParseDone(&a.item, result).Usage)
	a.reply(c.x, 200, a.out)
	a.shrink()
}

// Failed implements sdk.TurnHandler.
func (c *compaction) Failed(failure *sdk.AgentError) {
	c.leave()
	err := agentError(failure)
	err.Param = responses.Param(err.Param)
	c.app.refuse(c.x, err)
}

// interrupt implements job.
func (c *compaction) interrupt() {
	c.turn.Cancel()
	c.leave()
	c.app.refuse(c.x, openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain))
}

// gone ends the request of a client that has left.
func (c *compaction) gone() {
	c.turn.Cancel()
	c.leave()
	c.x.Abort()
}

// leave forgets the job.
func (c *compaction) leave() {
	c.app.held -= len(c.result.Users)
	c.app.jobs.remove(c)
}
