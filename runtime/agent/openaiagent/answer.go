package openaiagent

import (
	"bytes"
	"strings"

	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/valyala/fastjson"

	"innkeeper/runtime/agent"
)

// answer turns the chunks of one stream into events.
//
// https://platform.openai.com/docs/api-reference/chat-streaming
type answer struct {
	parser *fastjson.Parser
	emit   func(agent.Event) error

	started bool // whether any chunk has come
	ended   bool // whether [DONE] has come
	called  bool // whether there was a tool call
	done    agent.Done
}

// take reads one event of the stream. The error is what emit returned.
func (a *answer) take(e ssestream.Event) (*agent.Failed, error) {
	data := bytes.TrimSpace(e.Data)
	if bytes.Equal(data, []byte("[DONE]")) {
		a.ended = true
		return nil, nil
	}
	chunk, err := a.parser.ParseBytes(data)
	if err != nil || chunk.Type() != fastjson.TypeObject {
		return upstreamFailure(codeMalformed, "the agent's upstream sent an event that is not a JSON object", err), nil
	}
	if failed := errorInChunk(e.Type, chunk); failed != nil {
		return failed, nil
	}
	a.started = true
	a.note(chunk)
	for _, choice := range chunk.GetArray("choices") {
		if choice.GetInt("index") != 0 {
			continue // only one choice was asked for
		}
		if err := a.delta(choice.Get("delta")); err != nil {
			return nil, err
		}
		if reason := text(choice, "finish_reason"); reason != "" {
			a.done.FinishReason = reason
		}
	}
	return nil, nil
}

// text returns a string field, empty when it is absent, null or something else.
func text(v *fastjson.Value, keys ...string) string { return string(v.GetStringBytes(keys...)) }

// note keeps what a chunk says of the whole answer.
func (a *answer) note(chunk *fastjson.Value) {
	keep(&a.done.ID, chunk, "id")
	keep(&a.done.Model, chunk, "model")
	keep(&a.done.SystemFingerprint, chunk, "system_fingerprint")
	keep(&a.done.ServiceTier, chunk, "service_tier")
	if u := chunk.Get("usage"); u != nil && u.Type() == fastjson.TypeObject {
		a.done.Usage = &agent.Usage{
			PromptTokens:     u.GetInt64("prompt_tokens"),
			CompletionTokens: u.GetInt64("completion_tokens"),
			TotalTokens:      u.GetInt64("total_tokens"),
			CachedTokens:     u.GetInt64("prompt_tokens_details", "cached_tokens"),
			ReasoningTokens:  u.GetInt64("completion_tokens_details", "reasoning_tokens"),
		}
	}
}

// keep takes over a string field, which most chunks repeat: only a new value costs a copy.
func keep(to *string, chunk *fastjson.Value, key string) {
	if b := chunk.GetStringBytes(key); len(b) > 0 && *to != string(b) {
		*to = string(b)
	}
}

// delta emits what one delta adds. Reasoning comes as reasoning_content (DeepSeek, vLLM, llama.cpp) or reasoning
// (OpenRouter, Ollama); an upstream that sends both says the same twice.
func (a *answer) delta(d *fastjson.Value) error {
	reasoning := text(d, "reasoning_content")
	if reasoning == "" {
		reasoning = text(d, "reasoning")
	}
	for _, piece := range []agent.Event{
		{Kind: agent.KindReasoning, Text: reasoning},
		{Kind: agent.KindText, Text: content(d.Get("content"))},
		{Kind: agent.KindRefusal, Text: text(d, "refusal")},
	} {
		if piece.Text == "" {
			continue
		}
		if err := a.emit(piece); err != nil {
			return err
		}
	}
	for i, call := range d.GetArray("tool_calls") {
		if err := a.emit(toolCall(i, call)); err != nil {
			return err
		}
		a.called = true
	}
	return nil
}

// content is a string, or with some upstreams a list of parts, of which the text is taken.
func content(v *fastjson.Value) string {
	if v == nil || v.Type() != fastjson.TypeArray {
		return text(v)
	}
	var b strings.Builder
	for _, part := range v.GetArray() {
		if text(part, "type") == "text" {
			b.WriteString(text(part, "text"))
		}
	}
	return b.String()
}

// toolCall reads a piece of a call. Upstreams that send calls whole leave out the index, and some send the arguments as
// an object rather than as a string of JSON.
func toolCall(position int, v *fastjson.Value) agent.Event {
	d := agent.ToolCallDelta{
		Index:     position,
		ID:        text(v, "id"),
		Name:      text(v, "function", "name"),
		Arguments: text(v, "function", "arguments"),
	}
	if index := v.Get("index"); index != nil && index.Type() == fastjson.TypeNumber {
		d.Index = index.GetInt()
	}
	if args := v.Get("function", "arguments"); args != nil && args.Type() == fastjson.TypeObject {
		d.Arguments = args.String()
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
