package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// createRun is POST /v1/runs. The answer is the run in progress; how it goes on is read elsewhere.
func (a *app) createRun(x *sdk.Exchange) {
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
	var r runs.Request
	if fault == nil {
		r, fault = runs.Decode(root)
	}
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	conversation, fault, err := a.conversation(&r.Request)
	switch {
	case err != nil:
		a.broken(x, err)
	case fault != nil:
		a.refuse(x, fault)
	default:
		a.startRun(x, &r, conversation)
	}
}

// startRun asks the agent. The conversation is everything that it is to know beside the instructions.
func (a *app) startRun(x *sdk.Exchange, r *runs.Request, conversation []byte) {
	j := a.newRun(r, conversation)
	a.turn = r.AppendTurn(a.turn[:0], a.modelAsked(r.Model), conversation)
	var fault *openai.Error
	if j.turn, fault = a.startTurn(j, a.turn); fault != nil {
		a.refuse(x, fault)
		return
	}
	a.out = j.run.AppendJSON(a.out[:0])
	var err error
	if j.row, err = a.work.AddRun(j.run.ID, a.out, reserve); err != nil {
		j.turn.Cancel()
		a.jobs.remove(j)
		a.workBroken(x, err)
		return
	}
	a.held += j.held
	a.runs[j.run.ID] = j
	j.event(runs.Started, func(e runs.Event, dst []byte) []byte { return e.AppendStarted(dst, j.run.Model) })
	a.reply(x, 202, a.out)
	a.shrink()
}

func (a *app) newRun(r *runs.Request, conversation []byte) *runJob {
	base := a.ids.Base()
	now := time.Now().Unix()
	j := &runJob{app: a, next: 1, conversation: r.Conversation}
	j.run = runs.Run{
		ID: ids.Run + base, Status: runs.InProgress, Created: now, Model: a.modelShown(r.Model),
		Previous: r.PreviousID, Conversation: r.Conversation,
	}
	if r.Metadata.Set() {
		j.run.Metadata = append([]byte(nil), r.Metadata.Raw()...)
	}
	if r.Store && a.settings.storedResponses > 0 {
		id := ids.Response + base
		j.answer = responses.NewAnswer(id, now, r.AppendEcho(nil, j.run.Model), nil)
		j.answer.Custom, j.answer.Summarize = r.CustomTools(), r.Summarize()
		j.input, j.context = r.AppendInputItems(nil, id), conversation
		j.held = len(j.input) + len(j.context) + len(j.answer.Echo)
	}
	return j
}

// interruptLeftovers tells the truth about the runs that an earlier instance left in progress.
func (a *app) interruptLeftovers() error {
	left, err := a.work.LiveRuns()
	if err != nil {
		return err
	}
	for _, run := range left {
		var object []byte
		if a.item.Parse(run.Object) == nil {
			object = runs.AppendInterrupted(nil, a.item.Root(), time.Now().Unix())
		} else {
			gone := runs.Run{ID: run.ID, Status: runs.Interrupted, Ended: time.Now().Unix(), Failure: runs.Interruption()}
			object = gone.AppendJSON(nil)
		}
		if err := a.work.EndRun(run.Run, run.Reserved+1, object); err != nil {
			return err
		}
		a.log.Warn("a run was interrupted by the end of its instance", "run", run.ID)
	}
	return nil
}
