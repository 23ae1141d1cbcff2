package echo

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/valyala/fastjson"

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

// newAnswer decides what to say to a request.
//
// https://platform.openai.com/docs/api-reference/chat/create
func newAnswer(root *fastjson.Value, model string) (*answer, *agent.Failed) {
	conv, failed := readConversation(root)
	if failed != nil {
		return nil, failed
	}
	ans := &answer{
		stream:       root.GetBool("stream"),
		model:        cmp.Or(text(root.Get("model")), model),
		finish:       agent.FinishStop,
		limit:        max(0, cmp.Or(root.GetInt64("max_completion_tokens"), root.GetInt64("max_tokens"))),
		promptTokens: conv.tokens,
	}
	if effort := text(root.Get("reasoning_effort")); effort != "" && effort != "none" && effort != "minimal" {
		ans.reasoning = reasoningText
	}
	tool, failed := chooseTool(root)
	if failed != nil {
		return nil, failed
	}
	if tool != nil && !conv.endsWithTool() { // or a client that runs tools in a loop would never come to an end
		ans.finish = agent.FinishToolCalls
		ans.call, failed = tool.call(conv.tokens)
		return ans, failed
	}
	said, failed := formatted(conv.echo(), root)
	ans.text = cutAtStop(said, root.Get("stop"))
	return ans, failed
}

func text(v *fastjson.Value) string { return string(v.GetStringBytes()) }

// call makes arguments from the parameters schema. The id depends on the request only, so that equal requests get
// equal answers; the tokens before it keep the ids of one conversation apart.
func (t *tool) call(promptTokens int64) (*call, *agent.Failed) {
	arguments, err := sample.Make(t.parameters, fastjson.MustParse(`{"type":"object"}`))
	if err != nil {
		return nil, agent.BadRequest(t.param+".function.parameters", "no arguments can be made for the function %q: %v", t.name, err)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s", promptTokens, t.name, arguments)
	return &call{id: fmt.Sprintf("call_%016x", h.Sum64()), name: t.name, arguments: arguments}, nil
}

// formatted says text in the form that response_format asks for.
func formatted(said string, root *fastjson.Value) (string, *agent.Failed) {
	switch text(root.Get("response_format", "type")) {
	case "json_object":
		return `{"text": ` + sample.Quote(said) + "}", nil
	case "json_schema":
		const param = "response_format.json_schema.schema"
		schema := root.Get(strings.Split(param, ".")...)
		if schema == nil {
			return "", agent.BadRequest(param, "%s is required", param)
		}
		made, err := sample.Make(schema)
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
func cutAtStop(said string, stop *fastjson.Value) string {
	list := stop.GetArray()
	if list == nil {
		list = []*fastjson.Value{stop}
	}
	for _, one := range list[:min(len(list), maxStops)] {
		sequence := text(one)
		if i := strings.Index(said, sequence); sequence != "" && i >= 0 {
			said = said[:i]
		}
	}
	return said
}
