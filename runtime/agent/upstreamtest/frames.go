package upstreamtest

import (
	"encoding/json"
	"fmt"
)

// Frames that need no arguments.
const (
	Done    = "data: [DONE]\n\n"
	Comment = ": keep-alive\n\n"
	Usage   = `data: {"id":"chatcmpl-up","object":"chat.completion.chunk","model":"up-model","choices":[],` +
		`"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,` +
		`"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}` + "\n\n"
)

// Frame returns one event with this data.
func Frame(data string) string { return "data: " + data + "\n\n" }

// Delta returns a chunk whose only choice has this delta, a JSON object.
func Delta(delta string) string {
	return Frame(`{"id":"chatcmpl-up","object":"chat.completion.chunk","created":1,"model":"up-model",` +
		`"service_tier":"default","system_fingerprint":"fp_up","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]}`)
}

// Content returns a chunk with a piece of text.
func Content(text string) string { return Delta(`{"content":` + quote(text) + `}`) }

// Finish returns the chunk that ends the choice.
func Finish(reason string) string {
	return Frame(`{"id":"chatcmpl-up","object":"chat.completion.chunk","created":1,"model":"up-model",` +
		`"choices":[{"index":0,"delta":{},"finish_reason":` + quote(reason) + `}]}`)
}

// CallStart returns the first chunk of a function call.
func CallStart(index int, id, name string) string {
	return Delta(fmt.Sprintf(`{"tool_calls":[{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":""}}]}`, index, quote(id), quote(name)))
}

// CallArguments returns a chunk with a piece of the arguments of a call.
func CallArguments(index int, piece string) string {
	return Delta(fmt.Sprintf(`{"tool_calls":[{"index":%d,"function":{"arguments":%s}}]}`, index, quote(piece)))
}

func deltas(pieces []string) []string {
	frames := []string{Delta(`{"role":"assistant","content":""}`)}
	for _, p := range pieces {
		frames = append(frames, Content(p))
	}
	return frames
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}
