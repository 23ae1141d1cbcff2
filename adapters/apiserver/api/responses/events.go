package responses

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Events makes the events of one stream and numbers them. A nil Events makes none.
// https://platform.openai.com/docs/api-reference/responses-streaming
type Events struct {
	// Frame gets each SSE frame, as a view that is valid during the call.
	Frame func(frame []byte)
	// From is the number of the first event that Frame gets; those before are counted only.
	From int64

	buf     []byte
	next    int64 // the number of the next event
	stopped bool
}

// Stop ends a replay after the step that it is at: its reader has enough for now. Next is where to go on from.
func (e *Events) Stop() { e.stopped = true }

// Next is the number of the next event.
func (e *Events) Next() int64 { return e.next }

// Resume goes on behind the events that were made before.
func (e *Events) Resume(next int64) { e.next = next }

// skip leaves out the numbers up to the first that is wanted.
func (e *Events) skip() {
	if e != nil && e.next < e.From {
		e.next = e.From
	}
}

// begin opens an event's data up to its own members, which all start with a comma.
func (e *Events) begin(name string) []byte {
	b := append(e.buf[:0], "event: "...)
	b = append(b, name...)
	b = append(b, "\ndata: {\"type\":\""...)
	b = append(b, name...)
	b = append(b, `","sequence_number":`...)
	b = openai.AppendInt(b, e.next)
	e.next++
	return b
}

// place appends where in the output an event belongs.
func place(b []byte, a *Answer, at int) []byte {
	b = append(b, `,"item_id":"`...)
	b = append(b, a.items[at].id...)
	b = append(b, `","output_index":`...)
	return openai.AppendInt(b, int64(at))
}

func (e *Events) end(b []byte) {
	b = append(b, "}\n\n"...)
	e.buf = b
	if e.next > e.From { // its own number is one less
		e.Frame(b)
	}
}

// object sends the whole response as it is now.
func (e *Events) object(name string, a *Answer) {
	if e == nil {
		return
	}
	b := append(e.begin(name), `,"response":`...)
	e.end(a.AppendJSON(b))
}

// item sends an item as it is now.
func (e *Events) item(name string, a *Answer, at int) {
	if e == nil {
		return
	}
	b := append(e.begin(name), `,"output_index":`...)
	b = openai.AppendInt(b, int64(at))
	b = append(b, `,"item":`...)
	e.end(a.items[at].appendJSON(b))
}

// partAdded announces the item's last part, which is still empty.
func (e *Events) partAdded(a *Answer, at int) { e.part(".added", a, at) }

// partDone sends the last part's text, and the part.
func (e *Events) partDone(a *Answer, at int) {
	if e == nil {
		return
	}
	parts := a.items[at].parts
	p := &parts[len(parts)-1]
	b := place(e.begin(p.kind.event()+".done"), a, at)
	b = appendContentIndex(b, parts)
	b = append(b, ',', '"')
	b = append(b, p.kind.member()...)
	b = append(b, '"', ':')
	b = jsontext.AppendString(b, p.text)
	e.end(p.kind.appendLogprobs(b))
	e.part(".done", a, at)
}

func (e *Events) part(step string, a *Answer, at int) {
	if e == nil {
		return
	}
	parts := a.items[at].parts
	p := &parts[len(parts)-1]
	name := "response.content_part"
	if p.kind == summaryPart {
		name = "response.reasoning_summary_part"
	}
	b := place(e.begin(name+step), a, at)
	b = appendContentIndex(b, parts)
	b = append(b, `,"part":`...)
	e.end(p.appendJSON(b))
}

// delta sends a piece of the item's last part.
func (e *Events) delta(a *Answer, at int, text []byte) {
	if e == nil {
		return
	}
	if e.next < e.From { // most of what a replay leaves out
		e.next++
		return
	}
	parts := a.items[at].parts
	kind := parts[len(parts)-1].kind
	b := place(e.begin(kind.event()+".delta"), a, at)
	b = appendContentIndex(b, parts)
	b = append(b, `,"delta":`...)
	b = jsontext.AppendString(b, text)
	e.end(kind.appendLogprobs(b))
}

func (e *Events) argumentsDelta(a *Answer, at int, arguments []byte) {
	if e == nil {
		return
	}
	b := place(e.begin("response.function_call_arguments.delta"), a, at)
	b = append(b, `,"delta":`...)
	e.end(jsontext.AppendString(b, arguments))
}

func (e *Events) argumentsDone(a *Answer, at int) {
	if e == nil {
		return
	}
	b := place(e.begin("response.function_call_arguments.done"), a, at)
	b = append(b, `,"name":`...)
	b = jsontext.AppendString(b, a.items[at].name)
	b = append(b, `,"arguments":`...)
	e.end(jsontext.AppendString(b, a.items[at].arguments))
}

// customInput sends the input of a call of a custom tool, which is known as a whole only.
func (e *Events) customInput(a *Answer, at int) {
	if e == nil {
		return
	}
	b := place(e.begin("response.custom_tool_call_input.delta"), a, at)
	b = append(b, `,"delta":`...)
	e.end(jsontext.AppendString(b, a.items[at].input))
	b = place(e.begin("response.custom_tool_call_input.done"), a, at)
	b = append(b, `,"input":`...)
	e.end(jsontext.AppendString(b, a.items[at].input))
}

// appendContentIndex appends the place of the last part, which is the one that events are about.
func appendContentIndex(b []byte, parts []part) []byte {
	at := len(parts) - 1
	if parts[at].kind == summaryPart {
		b = append(b, `,"summary_index":`...)
	} else {
		b = append(b, `,"content_index":`...)
	}
	return openai.AppendInt(b, int64(at))
}

// event is what the names of the events of such a part begin with.
func (k partKind) event() string {
	switch k {
	case refusalPart:
		return "response.refusal"
	case reasoningPart:
		return "response.reasoning_text"
	case summaryPart:
		return "response.reasoning_summary_text"
	default:
		return "response.output_text"
	}
}

// member is the name under which a done event has the text.
func (k partKind) member() string {
	if k == refusalPart {
		return "refusal"
	}
	return "text"
}

// appendLogprobs appends the empty list that readers of output_text events want.
func (k partKind) appendLogprobs(b []byte) []byte {
	if k != textPart {
		return b
	}
	return append(b, `,"logprobs":[]`...)
}
