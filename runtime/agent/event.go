package agent

import "strconv"

// Kind says what an event carries.
type Kind uint8

// The kinds of events. Any number of deltas comes first, then one Done or Failed.
const (
	KindText      Kind = iota + 1 // a piece of the answer, in Event.Text
	KindReasoning                 // a piece of the reasoning before it, in Event.Text
	KindRefusal                   // a piece of a refusal to answer, in Event.Text
	KindToolCall                  // a piece of a function call, in Event.ToolCall
	KindDone                      // the turn is complete, Event.Done says how it went
	KindFailed                    // the turn failed, Event.Failed says why
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	switch k {
	case KindText:
		return "text"
	case KindReasoning:
		return "reasoning"
	case KindRefusal:
		return "refusal"
	case KindToolCall:
		return "tool_call"
	case KindDone:
		return "done"
	case KindFailed:
		return "failed"
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Last reports whether no event follows one of this kind.
func (k Kind) Last() bool { return k == KindDone || k == KindFailed }

// Event is one step of an answer. Only the field that belongs to its kind is set.
type Event struct {
	Kind     Kind
	Text     string        // of KindText, KindReasoning and KindRefusal; never empty
	ToolCall ToolCallDelta // of KindToolCall
	Done     *Done         // of KindDone
	Failed   *Failed       // of KindFailed
}

// ToolCallDelta is a piece of one function call. The first piece of a call has its id and name; the arguments of all
// pieces with the same index, put together, are one JSON text.
type ToolCallDelta struct {
	Index     int
	ID        string
	Name      string
	Arguments string
}
