package openaiagent

import (
	"bytes"
	"errors"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/sse"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
)

// answer turns the chunks of one stream into events.
//
// https://platform.openai.com/docs/api-reference/chat-streaming
type answer struct {
	doc    *jsontext.Doc  // of events with few values
	events *budget.Budget // of what the others take
	emit   func(agent.Event) error

	started bool // whether any chunk has come
	ended   bool // whether [DONE] has come
	called  bool // whether there was a tool call
	done    agent.Done
}

// take reads one event of the stream. The error is what emit returned.
func (a *answer) take(kind, data []byte) (*agent.Failed, error) {
	data = bytes.TrimSpace(data)
	if bytes.Equal(data, []byte("[DONE]")) {
		a.ended = true
		return nil, nil
	}
	doc, charged, err := a.read(data)
	if errors.Is(err, sse.ErrNoRoom) {
		return noRoom(err), nil
	}
	defer a.release(charged)
	chunk := doc.Root()
	if err != nil || chunk.Kind() != jsontext.Object {
		return upstreamFailure(codeMalformed, "the agent's upstream sent an event that is not a JSON object", err), nil
	}
	if failed := errorInChunk(string(kind), chunk); failed != nil {
		return failed, nil
	}
	a.started = true
	a.note(chunk)
	for choice := chunk.Get("choices").Items(); choice.Next(); {
		if index, _ := choice.Value.Get("index").Int(); index != 0 {
			continue // only one choice was asked for
		}
		if err := a.delta(choice.Value.Get("delta")); err != nil {
			return nil, err
		}
		keep(&a.done.FinishReason, choice.Value, "finish_reason")
	}
	return nil, nil
}

// read parses an event, which stays in memory for as long as the guest is behind. What many values take is charged for before, and
// given back by release.
func (a *answer) read(data []byte) (doc *jsontext.Doc, charged int64, err error) {
	values, err := measure(data)
	if err != nil {
		return a.doc, 0, err
	}
	cost := int64(values * limits.TurnValueBytes)
	if cost <= smallBytes {
		return a.doc, 0, parse(a.doc, data, values)
	}
	if !a.events.Take(cost) {
		return a.doc, 0, sse.ErrNoRoom
	}
	doc = &jsontext.Doc{} // goes with the event; the other one stays with the turn
	return doc, cost, parse(doc, data, values)
}

func (a *answer) release(charged int64) {
	a.doc.Release()
	if charged > 0 {
		a.events.Give(charged)
	}
}

// note keeps what a chunk says of the whole answer.
func (a *answer) note(chunk jsontext.Value) {
	keep(&a.done.ID, chunk, "id")
	keep(&a.done.Model, chunk, "model")
	keep(&a.done.SystemFingerprint, chunk, "system_fingerprint")
	keep(&a.done.ServiceTier, chunk, "service_tier")
	if u := chunk.Get("usage"); u.Kind() == jsontext.Object {
		a.done.Usage = &agent.Usage{
			PromptTokens:     count(u, "prompt_tokens"),
			CompletionTokens: count(u, "completion_tokens"),
			TotalTokens:      count(u, "total_tokens"),
			CachedTokens:     count(u.Get("prompt_tokens_details"), "cached_tokens"),
			ReasoningTokens:  count(u.Get("completion_tokens_details"), "reasoning_tokens"),
		}
	}
}

func count(v jsontext.Value, key string) int64 {
	n, _ := v.Get(key).Int()
	return n
}

// keep takes over a string field, which most chunks repeat: only a new value costs a copy.
func keep(to *string, v jsontext.Value, key string) {
	b := v.Get(key).Inside()
	if b = b[:min(len(b), wordBytes)]; len(b) > 0 && *to != string(b) {
		*to = string(b)
	}
}

// delta emits what one delta adds. Reasoning comes as reasoning_content (DeepSeek, vLLM, llama.cpp) or reasoning
// (OpenRouter, Ollama); an upstream that sends both says the same twice.
func (a *answer) delta(d jsontext.Value) error {
	reasoning := d.Get("reasoning_content").Text()
	if reasoning == "" {
		reasoning = d.Get("reasoning").Text()
	}
	for _, piece := range []agent.Event{
		{Kind: agent.KindReasoning, Text: reasoning},
		{Kind: agent.KindText, Text: content(d.Get("content"))},
		{Kind: agent.KindRefusal, Text: d.Get("refusal").Text()},
	} {
		if piece.Text == "" {
			continue
		}
		if err := a.emit(piece); err != nil {
			return err
		}
	}
	for call := d.Get("tool_calls").Items(); call.Next(); {
		if err := a.emit(toolCall(call.Index, call.Value)); err != nil {
			return err
		}
		a.called = true
	}
	return nil
}

// content is a string, or with some upstreams a list of parts, of which the text is taken.
func content(v jsontext.Value) string {
	if v.Kind() != jsontext.Array {
		return v.Text()
	}
	var text []byte
	for part := v.Items(); part.Next(); {
		if part.Value.Get("type").Is("text") {
			text = part.Value.Get("text").AppendText(text)
		}
	}
	return string(text)
}

// toolCall reads a piece of a call. Upstreams that send calls whole leave out the index, and some send the arguments as
// an object rather than as a string of JSON.
func toolCall(position int, v jsontext.Value) agent.Event {
	function := v.Get("function")
	d := agent.ToolCallDelta{Index: position, ID: v.Get("id").Text(), Name: function.Get("name").Text()}
	if index := v.Get("index"); index.Kind() == jsontext.Number {
		n, _ := index.Int()
		d.Index = int(n)
	}
	arguments := function.Get("arguments")
	if d.Arguments = arguments.Text(); arguments.Kind() == jsontext.Object {
		d.Arguments = string(arguments.Raw())
	}
	return agent.Event{Kind: agent.KindToolCall, ToolCall: d}
}

// complete reports whether the answer has its end: a finish reason, or [DONE] after at least one chunk.
func (a *answer) complete() bool {
	return a.done.FinishReason != "" || (a.ended && a.started)
}

func (a *answer) doneEvent() agent.Event {
	if a.done.FinishReason == "" {
		a.done.FinishReason = agent.FinishStop
		if a.called {
			a.done.FinishReason = agent.FinishToolCalls
		}
	}
	return agent.Event{Kind: agent.KindDone, Done: &a.done}
}
