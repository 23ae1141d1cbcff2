package runs

import (
	"bytes"
	"strconv"
	"time"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// The events of a run, each one frame of a server-sent event stream: its number as the id, its name, and its data with name,
// number, run and time, and what belongs to the event. Numbers start at 1 and rise by 1, but for the last event of an
// interrupted run, whose number is beyond all that may have been sent before.
const (
	Started        = "run.started"
	MessageDelta   = "message.delta"
	ReasoningDelta = "reasoning.delta"
	RefusalDelta   = "refusal.delta"
	ToolCallDelta  = "tool_call.delta"
)

// Last is the name of the event that ends a run.
func (s Status) Last() string { return "run." + string(s) }

// Event is what all events have in common.
type Event struct {
	Run    string
	Number int64
	Name   string
	Time   time.Time
}

// appendHead opens the frame up to the members of the data, which all start with a comma.
func (e *Event) appendHead(dst []byte) []byte {
	dst = append(dst, "id: "...)
	dst = openai.AppendInt(dst, e.Number)
	dst = append(dst, "\nevent: "...)
	dst = append(dst, e.Name...)
	dst = append(dst, "\ndata: {\"event\":\""...)
	dst = append(dst, e.Name...)
	dst = append(dst, `","sequence":`...)
	dst = openai.AppendInt(dst, e.Number)
	dst = append(dst, `,"run_id":"`...)
	dst = append(dst, e.Run...)
	dst = append(dst, `","timestamp":`...)
	return strconv.AppendFloat(dst, float64(e.Time.UnixMilli())/1000, 'f', 3, 64)
}

const frameEnd = "}\n\n"

// AppendStarted appends the first event.
func (e Event) AppendStarted(dst []byte, model string) []byte {
	e.Name = Started
	dst = append(e.appendHead(dst), `,"model":`...)
	dst = jsontext.AppendString(dst, model)
	return append(dst, frameEnd...)
}

// AppendDelta appends an event of text.
func (e Event) AppendDelta(dst, text []byte) []byte {
	dst = append(e.appendHead(dst), `,"delta":`...)
	dst = jsontext.AppendString(dst, text)
	return append(dst, frameEnd...)
}

// AppendToolCall appends a piece of a function call; at is its place among the run's calls.
func (e Event) AppendToolCall(dst []byte, at int, id, name string, arguments []byte) []byte {
	e.Name = ToolCallDelta
	dst = append(e.appendHead(dst), `,"index":`...)
	dst = openai.AppendInt(dst, int64(at))
	dst = append(dst, `,"call_id":`...)
	dst = jsontext.AppendString(dst, id)
	dst = append(dst, `,"name":`...)
	dst = jsontext.AppendString(dst, name)
	dst = append(dst, `,"delta":`...)
	dst = jsontext.AppendString(dst, arguments)
	return append(dst, frameEnd...)
}

// AppendLast appends the event that ends a run, which shows the run object.
func AppendLast(dst []byte, number int64, object jsontext.Value) []byte {
	ended, _ := object.Get("ended_at").Int()
	e := Event{Run: object.Get("id").Text(), Number: number, Name: StatusOf(object).Last(), Time: time.Unix(ended, 0)}
	dst = append(e.appendHead(dst), `,"run":`...)
	dst = append(dst, object.Raw()...)
	for _, name := range []string{"output", "usage", "error"} {
		dst = append(dst, `,"`+name+`":`...)
		dst = append(dst, object.Get(name).Raw()...)
	}
	return append(dst, frameEnd...)
}

// From is the part of a text of frames that starts with the event of that number, or the next one.
func From(frames []byte, number int64) []byte {
	for len(frames) > 0 {
		if numberOf(frames) >= number {
			return frames
		}
		at := bytes.Index(frames, []byte("\n\n"))
		if at < 0 {
			return nil
		}
		frames = frames[at+2:]
	}
	return nil
}

// numberOf is the number of the first event.
func numberOf(frames []byte) int64 {
	line, _, _ := bytes.Cut(frames, []byte("\n"))
	digits, _ := bytes.CutPrefix(line, []byte("id: "))
	n, _ := strconv.ParseInt(string(digits), 10, 64)
	return n
}
