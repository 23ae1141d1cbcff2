package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/lib/openai"
)

// createRun is POST /v1/runs. The answer is the run in progress; how it goes on is read elsewhere.
func (a *app) createRun(c *call, r runs.Request) *openai.Error {
	conversation, fault := a.conversation(&r.Request)
	if fault != nil {
		return fault
	}
	j := a.newRun(&r, conversation)
	a.turn = r.AppendTurn(a.turn[:0], a.modelAsked(r.Model), conversation)
	if fault := a.ask(j, a.turn); fault != nil {
		return fault
	}
	a.out = j.run.AppendJSON(a.out[:0])
	var err error
	if j.row, err = a.store.AddRun(j.run.ID, a.out, reserve); err != nil {
		j.wait.stop()
		return a.storeFailed("run not stored", j.run.ID, err)
	}
	j.memory = a.memory.reserve(j.size())
	a.runs[j.run.ID] = j
	j.event(runs.Started, func(e runs.Event, dst []byte) []byte { return e.AppendStarted(dst, j.run.Model) })
	c.to.respond(202, jsonHeader, a.out)
	reuse(&a.out)
	return nil
}

func (a *app) newRun(r *runs.Request, conversation []byte) *activeRun {
	base := a.ids.Base()
	now := time.Now().Unix()
	j := &activeRun{app: a, conversation: r.Conversation}
	j.log.Keep, j.log.Past = true, &runPast{app: a, run: j}
	j.log.Start(1, &a.spare)
	j.run = runs.Run{
		ID: ids.Run + base, Status: runs.InProgress, Created: now, Model: a.modelShown(r.Model),
		Previous: r.PreviousID, Conversation: r.Conversation,
	}
	if r.Metadata.Set() {
		j.run.Metadata = append([]byte(nil), r.Metadata.Raw()...)
	}
	if r.Store && a.settings.kept.Responses > 0 {
		id := ids.Response + base
		j.answer = responses.NewAnswer(id, now, r.AppendEcho(nil, j.run.Model), nil)
		j.answer.Custom, j.answer.Summarize = r.CustomTools(), r.Summarize()
		j.input, j.context = r.AppendInputItems(nil, id), conversation
	}
	return j
}

// size is how many bytes are kept for the run's response.
func (j *activeRun) size() int {
	if j.answer == nil {
		return 0
	}
	return len(j.input) + len(j.context) + len(j.answer.Echo)
}
