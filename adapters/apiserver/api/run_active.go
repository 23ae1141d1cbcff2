package api

import (
	"math"
	"time"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// activeRun is a run that waits for the agent. Nobody has to wait with it: its events are kept, the older ones in the
// database, the newest ones here until a page of them is written.
type activeRun struct {
	app  *app
	wait waiter
	run  runs.Run
	row  store.Run

	answer       *responses.Answer // its response; nil if that is not stored
	conversation string
	input        []byte // the input items of the response
	context      []byte // the conversation up to the answer
	memory       reservation

	log    replay.Log // the events; those that are in a page have left the memory
	paging *sdk.Timer // writes a page
}

var _ handler = (*activeRun)(nil)

func (j *activeRun) waits() *waiter { return &j.wait }

const (
	// pageBytes and pageEvery say when a page is written: a run that dies with its instance loses no more events than that.
	pageBytes = 64 << 10
	pageEvery = 500 * time.Millisecond
	// reserve is how many numbers are reserved at a time for events that are in no page yet.
	reserve = 1024
)

// event takes one more event, whose frame the function appends.
func (j *activeRun) event(name string, frame func(e runs.Event, dst []byte) []byte) {
	a := j.app
	e := runs.Event{Run: j.run.ID, Number: j.log.Next(), Name: name, Time: time.Now()}
	a.frame = frame(e, a.frame[:0])
	j.log.Append(a.frame)
	reuse(&a.frame)
	if j.log.Size() >= pageBytes || e.Number >= j.row.Reserved {
		j.page()
	} else if j.paging == nil {
		j.paging = a.loop.After(pageEvery, j.page)
	}
	j.log.Send()
}

// page writes what is in no page yet. If that fails it stays in memory, for the next try.
func (j *activeRun) page() {
	j.paging.Stop()
	j.paging = nil
	if j.log.Size() == 0 {
		return
	}
	last := j.log.Next() - 1
	if err := j.app.store.AddPage(&j.row, last, last+reserve, j.log.Held()); err != nil {
		j.app.storeFailed("events of a run not stored", j.run.ID, err)
		return
	}
	j.row.Reserved = last + reserve
	j.log.Drop(j.log.Next())
}

func (j *activeRun) delta(name string, text []byte) {
	j.event(name, func(e runs.Event, dst []byte) []byte { return e.AppendDelta(dst, text) })
}

// Text implements sdk.TurnHandler.
func (j *activeRun) Text(text []byte) {
	j.run.Answer.Text = append(j.run.Answer.Text, text...)
	if j.answer != nil {
		j.answer.Text(text)
	}
	j.delta(runs.MessageDelta, text)
}

// Reasoning implements sdk.TurnHandler.
func (j *activeRun) Reasoning(text []byte) {
	if j.answer != nil {
		j.answer.Reasoning(text)
	}
	j.delta(runs.ReasoningDelta, text)
}

// Refusal implements sdk.TurnHandler. A refusal is what the run has to say.
func (j *activeRun) Refusal(text []byte) {
	j.run.Answer.Text = append(j.run.Answer.Text, text...)
	if j.answer != nil {
		j.answer.Refusal(text)
	}
	j.delta(runs.RefusalDelta, text)
}

// ToolCall implements sdk.TurnHandler.
func (j *activeRun) ToolCall(c sdk.ToolCall) {
	call, at, _ := j.run.Answer.AddCall(c.Index, c.ID, c.Name, j.app.newCallID)
	call.Arguments = append(call.Arguments, c.Arguments...)
	if j.answer != nil {
		j.answer.ToolCall(c.Index, []byte(call.ID), []byte(call.Name), c.Arguments, j.app.newCallID)
	}
	j.event(runs.ToolCallDelta, func(e runs.Event, dst []byte) []byte {
		return e.AppendToolCall(dst, at, call.ID, call.Name, c.Arguments)
	})
}

// Done implements sdk.TurnHandler.
func (j *activeRun) Done(result *sdk.AgentDone) {
	done := openai.DoneOf(result)
	j.run.Usage = done.Usage
	if j.answer != nil {
		j.answer.Finish(done, time.Now().Unix())
	}
	switch done.FinishReason {
	case "length":
		j.run.Reason = responses.ReasonMaxTokens
		j.end(runs.Incomplete)
	case "content_filter":
		j.run.Reason = responses.ReasonContentFilter
		j.end(runs.Incomplete)
	default:
		j.end(runs.Completed)
	}
}

// Failed implements sdk.TurnHandler.
func (j *activeRun) Failed(failure *sdk.AgentError) {
	j.run.Failure = agentError(failure)
	j.run.Failure.Param = responses.Param(j.run.Failure.Param)
	if j.answer != nil {
		j.answer.Fail(j.run.Failure)
	}
	j.end(runs.Failed)
}

// interrupt implements handler.
func (j *activeRun) interrupt() {
	if j.answer != nil {
		j.answer.Interrupt(responses.ReasonShutdown)
	}
	j.run.Failure = runs.Interruption()
	j.end(runs.Interrupted)
}

// stop ends the run at a client's wish.
func (j *activeRun) stop() {
	if j.answer != nil {
		j.answer.Cancel()
	}
	j.end(runs.Stopped)
}

// end is the end of the run: it is stored first, then its readers are told.
func (j *activeRun) end(status runs.Status) {
	a := j.app
	j.wait.stop()
	delete(a.runs, j.run.ID)
	j.memory.Release()
	j.storeResponse()
	j.page()
	j.run.Status, j.run.Ended = status, endOfSecond(time.Now())
	a.scratch = j.run.AppendJSON(a.scratch[:0])
	defer reuse(&a.scratch)
	if err := a.store.EndRun(&j.row, j.log.Next(), a.scratch); err != nil {
		a.storeFailed("end of a run not stored", j.run.ID, err)
	}
	if a.item.Parse(a.scratch) == nil {
		j.log.Append(runs.AppendLast(nil, j.log.Next(), a.item.Root()))
	}
	j.log.Keep, j.log.Slack = false, math.MaxInt // for readers that are behind
	j.log.End()
}

// endOfSecond is a time in Unix seconds that is not before the events that it ends, which tell theirs to the millisecond.
func endOfSecond(t time.Time) int64 { return (t.UnixMilli() + 999) / 1000 }

// storeResponse keeps the response of the run, so that a conversation can go on from it.
func (j *activeRun) storeResponse() {
	if j.answer == nil {
		return
	}
	err := j.app.store.AddResponse(store.Response{
		ID: j.answer.ID, Conversation: j.conversation, Object: j.answer.AppendJSON(nil), Input: j.input,
		Context: j.answer.AppendMessages(j.context),
	})
	if err == nil {
		j.run.Response = j.answer.ID
		return
	}
	j.app.storeFailed("response of a run not stored", j.run.ID, err)
}
