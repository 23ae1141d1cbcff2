package openaiagent_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/costtest"
	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/limits"
)

// What a turn takes is explained by its request, which is copied once, and by the longest event of the answer.
func TestCostOfRequests(t *testing.T) {
	a := newAgent(t, "http://upstream.test/v1", noRetries, through(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return respond(200, "X", "x", "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"), err
	}))
	for name, text := range map[string][2]string{
		"whole": {"", ""}, "messages": {`{"messages":`, "}"}, "stream_options": {`{"stream_options":`, "}"}, "model": {`{"model":`, "}"}, "n": {`{"n":`, "}"},
	} {
		for _, shape := range append(costtest.JSON(), costtest.Broken()...) {
			t.Run(name+"/"+shape.Name, func(t *testing.T) {
				costtest.Linear(t, costtest.Bound{Fixed: 1 << 20}, costtest.Within(text[0], shape, text[1]), func(request []byte) {
					values, err := jsonbound.Measure(request, jsonbound.Bounds{Depth: limits.JSONDepth})
					if err != nil {
						return // the family lets none of these through
					}
					if err := a.Run(t.Context(), agent.Turn{Request: request, Values: values}, func(agent.Event) error { return nil }); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

func TestCostOfAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		kind          string
		before, after string
	}{
		"event":       {200, "text/event-stream", "data: ", "\n\ndata: [DONE]\n\n"},
		"content":     {200, "text/event-stream", `data: {"choices":[{"delta":{"content":`, "}}]}\n\ndata: [DONE]\n\n"},
		"tool calls":  {200, "text/event-stream", `data: {"choices":[{"delta":{"tool_calls":`, "}}]}\n\ndata: [DONE]\n\n"},
		"arguments":   {200, "text/event-stream", `data: {"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":`, "}}]}}]}\n\ndata: [DONE]\n\n"},
		"choices":     {200, "text/event-stream", `data: {"choices":`, "}\n\ndata: [DONE]\n\n"},
		"error event": {200, "text/event-stream", `data: {"error":`, "}\n\n"},
		"plain":       {200, "application/json", "", ""},
		"error":       {400, "application/json", `{"error":`, "}"},
	} {
		for _, shape := range append(costtest.JSON(), costtest.Broken()...) {
			t.Run(name+"/"+shape.Name, func(t *testing.T) { costOfAnswer(t, c.status, c.kind, costtest.Within(c.before, shape, c.after)) })
		}
	}
	for name, stream := range map[string][2]string{
		"many events":   {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", "data: [DONE]\n\n"},
		"many lines":    {"data:\n", "\n"},
		"many calls":    {"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\"}]}}]}\n\n", ""},
		"many comments": {": x\n", ""},
		"many names":    {"event: x\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			costOfAnswer(t, 200, "text/event-stream", func(size int) []byte {
				return []byte(strings.Repeat(stream[0], size/len(stream[0])) + stream[1])
			})
		})
	}
}

func costOfAnswer(t *testing.T, status int, kind string, body func(size int) []byte) {
	var answer string
	a := newAgent(t, "http://upstream.test/v1", noRetries, through(func(*http.Request) (*http.Response, error) {
		res := respond(status, "X", "x", answer)
		res.Header.Set("Content-Type", kind)
		return res, nil
	}))
	costtest.Linear(t, costtest.Bound{Fixed: 1 << 20}, body, func(text []byte) {
		answer = string(text)
		if err := a.Run(t.Context(), agent.Turn{Request: []byte(hello)}, func(agent.Event) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}
