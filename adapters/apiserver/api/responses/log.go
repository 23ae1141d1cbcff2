package responses

import (
	"encoding/binary"
	"errors"

	"innkeeper/adapters/lib/openai"
)

// Log is what an Answer was told, step by step, in a compact form. The same answer and the same events can be made of it
// again, so that nobody has to keep the events themselves, which are twenty times as long.
//
// A nil Log takes nothing.
type Log struct{ steps []byte }

// Bytes is the log so far, as a view.
func (l *Log) Bytes() []byte { return l.steps }

// logVersion is the first byte of every log.
const logVersion = 1

// The steps of a log: one byte, then numbers as varints and texts with their length in front.
const (
	stepText = 't' + iota
	stepRefusal
	stepReasoning
	stepSummary
	stepCall
	stepCustomCall
	stepArguments
	stepFinish
	stepInterrupt
	stepFail
	stepCancel
	stepLost
)

// Start begins the log of an answer that was told nothing yet.
func (l *Log) Start(a *Answer) {
	l.steps = append(l.steps[:0], logVersion)
	queued := int64(0)
	if a.status == Queued {
		queued = 1
	}
	l.number(queued)
	l.number(a.CreatedAt)
	l.text(a.Echo)
}

func (l *Log) number(n int64)    { l.steps = binary.AppendVarint(l.steps, n) }
func (l *Log) text(text []byte)  { l.number(int64(len(text))); l.steps = append(l.steps, text...) }
func (l *Log) words(text string) { l.number(int64(len(text))); l.steps = append(l.steps, text...) }

func (l *Log) piece(in partKind, text []byte) {
	if l == nil {
		return
	}
	l.steps = append(l.steps, [...]byte{stepText, stepRefusal, stepReasoning, stepSummary}[in])
	l.text(text)
}

func (l *Log) call(it *item, arguments []byte) {
	if l == nil {
		return
	}
	step := byte(stepCall)
	if it.kind == customCall {
		step = stepCustomCall
	}
	l.steps = append(l.steps, step)
	l.number(int64(it.callIndex))
	l.words(it.callID)
	l.words(it.name)
	l.text(arguments)
}

func (l *Log) arguments(index int, arguments []byte) {
	if l == nil {
		return
	}
	l.steps = append(l.steps, stepArguments)
	l.number(int64(index))
	l.text(arguments)
}

func (l *Log) finish(done openai.Done, now int64) {
	if l == nil {
		return
	}
	l.steps = append(l.steps, stepFinish)
	l.words(done.FinishReason)
	u := done.Usage
	for _, n := range [...]int64{now, u.Input, u.Cached, u.Output, u.Reasoning, u.Total} {
		l.number(n)
	}
}

func (l *Log) interrupt(reason string) {
	if l == nil {
		return
	}
	l.steps = append(l.steps, stepInterrupt)
	l.words(reason)
}

func (l *Log) fail(err *openai.Error) {
	if l == nil {
		return
	}
	l.steps = append(l.steps, stepFail)
	l.number(int64(err.Status))
	l.words(err.Message)
}

func (l *Log) cancel() {
	if l != nil {
		l.steps = append(l.steps, stepCancel)
	}
}

func (l *Log) lost(message string) {
	l.steps = append(l.steps, stepLost)
	l.words(message)
}

// ErrLog is the error of a log that no Answer has written.
var ErrLog = errors.New("log[response]: not one that was written here")
