package api

import (
	"slices"
	"time"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// runJob is a run that waits for the agent. Nobody has to wait with it: its events are kept, the older ones in the database,
// the newest ones here until a page of them is written.
type runJob struct {
	app  *app
	turn *sdk.Turn
	run  runs.Run
	row  work.Run

	answer       *responses.Answer // its response; nil if that is not stored
	conversation string
	input        []byte // the input items of the response
	context      []byte // the conversation up to the answer

	tail    []byte     // the frames that are in no page yet
	marks   []int      // where each of them starts
	next    int64      // the number of the next event
	paging  *sdk.Timer // writes a page
	readers []*runReader
	held    int // the part of app.held that is this run's

	watched watched
}

var _ handler = (*runJob)(nil)

func (j *runJob) watch() *watched { return &j.watched }

const (
	// pageBytes and pageEvery say when a page is written: a run that dies with its instance loses no more events than that.
	pageBytes = 64 << 10
	pageEvery = 500 * time.Millisecond
	// reserve is how many numbers are reserved at a time for events that are in no page yet.
	reserve = 1024
)

// event takes one more event, whose frame the function appends.
func (j *runJob) event(name string, frame func(e runs.Event, dst []byte) []byte) {
	j.marks = append(j.marks, len(j.tail))
	e := runs.Event{Run: j.run.ID, Number: j.next, Name: name, Time: time.Now()}
	j.tail = frame(e, j.tail)
	j.next++
	if len(j.tail) >= pageBytes || e.Number >= j.row.Reserved {
		j.page()
	} else if j.paging == nil {
		j.paging = j.app.loop.After(pageEvery, j.page)
	}
	for _, r := range slices.Clone(j.readers) {
		r.pump()
	}
}

// first is the number of the first event that is in no page.
func (j *runJob) first() int64 { return j.next - int64(len(j.marks)) }

// page writes what is in no page yet. If that fails it stays here, for the next try.
func (j *runJob) page() {
	j.paging.Stop()
	j.paging = nil
	if len(j.marks) == 0 {
		return
	}
	last := j.next - 1
	if err := j.app.work.AddPage(j.row.N, last, last+reserve, j.tail); err != nil {
		j.app.workFailed("events of a run not stored", j.run.ID, err)
		return
	}
	j.row.Reserved = last + reserve
	j.tail, j.marks = j.tail[:0], j.marks[:0]
	if cap(j.tail) > 2*pageBytes {
		j.tail = nil
	}
}

func (j *runJob) delta(name string, text []byte) {
	j.event(name, func(e runs.Event, dst []byte) []byte { return e.AppendDelta(dst, text) })
}

// Text implements sdk.TurnHandler.
func (j *runJob) Text(text []byte) {
	j.run.Answer.Text = append(j.run.Answer.Text, text...)
	if j.answer != nil {
		j.answer.Text(text)
	}
	j.delta(runs.MessageDelta, text)
}

// Reasoning implements sdk.TurnHandler.
func (j *runJob) Reasoning(text []byte) {
	if j.answer != nil {
		j.answer.Reasoning(text)
	}
	j.delta(runs.ReasoningDelta, text)
}

// Refusal implements sdk.TurnHandler. A refusal is what the run has to say.
func (j *runJob) Refusal(text []byte) {
	j.run.Answer.Text = append(j.run.Answer.Text, text...)
	if j.answer != nil {
		j.answer.Refusal(text)
	}
	j.delta(runs.RefusalDelta, text)
}

// ToolCall implements sdk.TurnHandler.
func (j *runJob) ToolCall(c sdk.ToolCall) {
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
func (j *runJob) Done(result []byte) {
	done := openai.ParseDone(&j.app.item, result)
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
func (j *runJob) Failed(failure *sdk.AgentError) {
	j.run.Failure = agentError(failure)
	j.run.Failure.Param = responses.Param(j.run.Failure.Param)
	if j.answer != nil {
		j.answer.Fail(j.run.Failure)
	}
	j.end(runs.Failed)
}

// interrupt implements job.
func (j *runJob) interrupt() {
	j.turn.Cancel()
	if j.answer != nil {
		j.answer.Interrupt(responses.ReasonShutdown)
	}
	j.run.Failure = runs.Interruption()
	j.end(runs.Interrupted)
}

// stop ends the run at a client's wish.
func (j *runJob) stop() {
	j.turn.Cancel()
	if j.answer != nil {
		j.answer.Cancel()
	}
	j.end(runs.Stopped)
}

// end is the end of the run: it is stored first, then its readers are told.
func (j *runJob) end(status runs.Status) {
	a := j.app
	a.jobs.remove(j)
	delete(a.runs, j.run.ID)
	a.held -= j.held
	j.storeResponse()
	j.page()
	j.run.Status, j.run.Ended = status, endOfSecond(time.Now())
	a.scratch = j.run.AppendJSON(a.scratch[:0])
	if err := a.work.EndRun(j.row, j.next, a.scratch); err != nil {
		a.workFailed("end of a run not stored", j.run.ID, err)
	}
	if len(j.readers) > 0 {
		j.tellEnd(a.scratch)
	}
	if cap(a.scratch) > keepBytes {
		a.scratch = nil
	}
}

// endOfSecond is a time in Unix seconds that is not before the events that it ends, which tell theirs to the millisecond.
func endOfSecond(t time.Time) int64 { return (t.UnixMilli() + 999) / 1000 }

// tellEnd lets the readers go on by themselves.
func (j *runJob) tellEnd(object []byte) {
	var last []byte
	if j.app.item.Parse(object) == nil {
		last = runs.AppendLast(nil, j.next, j.app.item.Root())
	}
	j.row.Ended = j.next
	for _, r := range slices.Clone(j.readers) {
		r.job, r.row, r.last = nil, j.row, last
		r.pump()
	}
	j.readers = nil
}

// storeResponse keeps the response of the run, so that a conversation can go on from it.
func (j *runJob) storeResponse() {
	if j.answer == nil {
		return
	}
	err := j.app.store.Put(store.Entry{
		ID: j.answer.ID, Conversation: j.conversation, Response: j.answer.AppendJSON(nil), Input: j.input,
		Context: j.answer.AppendMessages(j.context),
	})
	if err == nil {
		j.run.Response = j.answer.ID
		return
	}
	j.app.log.Error("response of a run not stored", "run", j.run.ID, "error", err)
	if store.Damaged(err) {
		j.app.loop.Exit(err)
	}
}
