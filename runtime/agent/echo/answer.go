package echo

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"strings"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo/sample"
)

// reasoningText is said before an answer that was asked to be thought about.
const reasoningText = "I am asked to think first. I shall say what I was told."

// answer is all that a turn will say.
type answer struct {
	stream       bool // the request asked to see the answer grow
	model        string
	reasoning    string
	text         string
	call         *call // said instead of text
	finish       string
	limit        int64 // in tokens, 0 for none
	promptTokens int64
}

type call struct{ id, name, arguments string }

// newAnswer decides what to say to a request. It gives up when ctx ends, with a failure that nobody is left to be told of.
//
// https://platform.openai.com/docs/api-reference/chat/create
func newAnswer(ctx context.Context, root jsontext.Value, model string) (*answer, *agent.Failed) {
	conv, failed := readConversation(ctx, root)
	if failed != nil {
		return nil, failed
	}
	stream, _ := root.Get("stream").Bool()
	ans := &answer{
		stream:       stream,
		model:        cmp.Or(root.Get("model").Text(), model),
		finish:       agent.FinishStop,
		limit:        max(0, cmp.Or(integer(root.Get("max_completion_tokens")), integer(root.Get("max_tokens")))),
		promptTokens: conv.tokens,
	}
	if effort := root.Get("reasoning_effort"); effort.Kind() == jsontext.String && !effort.Empty() && !effort.Is("none") && !effort.Is("minimal") {
		ans.reasoning = reasoningText
	}
	tool, failed := chooseTool(root)
	if failed != nil {
		return nil, failed
	}
	if tool != nil && !conv.endsWithTool() { // or a client that runs tools in a loop would never come to an end
		ans.finish = agent.FinishToolCalls
		ans.call, failed = tool.call(ctx, conv.tokens)
		return ans, failed
	}
	said, failed := formatted(ctx, conv.echo(), root)
	ans.text = cutAtStop(said, root.Get("stop"))
	return ans, failed
}

// integer is the value of a number that is one, 0 otherwise.
func integer(v jsontext.Value) int64 {
	n, _ := v.Int()
	return n
}

// get is a member of a member of a value.
func get(v jsontext.Value, keys ...string) jsontext.Value {
	for _, key := range keys {
		v = v.Get(key)
	}
	return v
}

// call makes arguments from the parameters schema. The id depends on the request only, so that equal requests get
// equal answers; the tokens before it keep the ids of one conversation apart.
func (t *tool) call(ctx context.Context, promptTokens int64) (*call, *agent.Failed) {
	arguments, err := sample.Make(ctx, t.parameters, schema(`{"type":"object"}`))
	if err != nil {
		return nil, agent.BadRequest(t.param+".function.parameters", "no arguments can be made for the function %q: %v", t.name, err)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s", promptTokens, t.name, arguments)
	return &call{id: fmt.Sprintf("call_%016x", h.Sum64()), name: t.name, arguments: arguments}, nil
}

// formatted says text in the form that response_format asks for.
func formatted(ctx context.Context, said string, root jsontext.Value) (string, *agent.Failed) {
	switch format := root.Get("response_format"); {
	case format.Get("type").Is("json_object"):
		return string(append(jsontext.AppendString([]byte(`{"text": `), said), '}')), nil
	case format.Get("type").Is("json_schema"):
		const param = "response_format.json_schema.schema"
		schema := get(root, strings.Split(param, ".")...)
		if schema.Kind() == jsontext.None {
			return "", agent.BadRequest(param, "%s is required", param)
		}
		made, err := sample.Make(ctx, schema)
		if err != nil {
			return "", agent.BadRequest(param, "no answer can be made for the schema: %v", err)
		}
		return made, nil
	}
	return said, nil
}

// maxStops is how many stop sequences the API allows; more are not looked for.
const maxStops = 4

// cutAtStop ends text before the first stop sequence in it; stop is one sequence or a list of them.
func cutAtStop(said string, stop jsontext.Value) string {
	if stop.Kind() != jsontext.Array {
		return cutAt(said, stop)
	}
	for one := stop.Items(); one.Next() && one.Index < maxStops; {
		said = cutAt(said, one.Value)
	}
	return said
}

func cutAt(said string, stop jsontext.Value) string {
	sequence := stop.Text()
	if i := strings.Index(said, sequence); sequence != "" && i >= 0 {
		return said[:i]
	}
	return said
}
