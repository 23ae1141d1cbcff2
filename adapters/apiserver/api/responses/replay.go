package responses

import (
	"encoding/binary"

	"innkeeper/adapters/lib/openai"
)

// Replay makes the answer of a log anew, and its events along with it, which may be nil. A log that breaks off is that of a
// response whose server did: the answer is as far as it had come, as it is after Events.Stop. The error is ErrLog.
func Replay(id string, log []byte, events *Events) (*Answer, error) {
	r := replay{rest: log}
	if r.byte() != logVersion {
		return nil, ErrLog
	}
	queued, created := r.number(), r.number()
	a := NewAnswer(id, created, r.text(), events)
	if queued != 0 {
		a.Queue()
	}
	a.Begin()
	for len(r.rest) > 0 && !r.bad && !(events != nil && events.stopped) {
		r.step(a)
	}
	if r.bad {
		return nil, ErrLog
	}
	return a, nil
}

// Lost makes the answer of a log that broke off fail, and gives it with the log of that. A reader that saw more events than
// the log knows of is told of the end all the same: it gets a number that is new to it.
func Lost(id string, log []byte, message string) (*Answer, []byte, error) {
	l := Log{steps: append([]byte(nil), log...)}
	l.lost(message)
	a, err := Replay(id, l.steps, nil)
	return a, l.steps, err
}

// replay reads a log. After the first fault everything is zero.
type replay struct {
	rest []byte
	bad  bool
}

func (r *replay) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *replay) number() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.rest, r.bad = nil, true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *replay) text() []byte {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)) {
		r.rest, r.bad = nil, true
		return nil
	}
	text := r.rest[:n:n]
	r.rest = r.rest[n:]
	return text
}

// step tells the answer what it was told then.
func (r *replay) step(a *Answer) {
	switch kind := r.byte(); kind {
	case stepText:
		a.piece(message, textPart, r.text())
	case stepRefusal:
		a.piece(message, refusalPart, r.text())
	case stepReasoning:
		a.piece(reasoning, reasoningPart, r.text())
	case stepSummary:
		a.piece(reasoning, summaryPart, r.text())
	case stepCall, stepCustomCall:
		r.call(a, kind)
	case stepArguments:
		if at := a.call(int(r.number())); at >= 0 {
			a.arguments(at, r.text())
		} else {
			r.bad = true
		}
	case stepFinish:
		done := openai.Done{FinishReason: string(r.text())}
		now, u := r.number(), &done.Usage
		for _, n := range [...]*int64{&u.Input, &u.Cached, &u.Output, &u.Reasoning, &u.Total} {
			*n = r.number()
		}
		a.Finish(done, now)
	case stepInterrupt:
		a.Interrupt(string(r.text()))
	case stepFail:
		status := int(r.number())
		a.Fail(&openai.Error{Status: status, Type: openai.TypeServer, Message: string(r.text())})
	case stepCancel:
		a.Cancel()
	case stepLost:
		a.Events.skip()
		a.Fail(&openai.Error{Status: 500, Type: openai.TypeServer, Message: string(r.text())})
	default:
		r.bad = true
	}
}

func (r *replay) call(a *Answer, step byte) {
	it := item{kind: functionCall, callIndex: int(r.number())}
	if step == stepCustomCall {
		it.kind = customCall
	}
	it.callID, it.name = string(r.text()), string(r.text())
	arguments := r.text()
	if !r.bad && !a.Ended() {
		a.newCall(it, arguments)
	}
}
