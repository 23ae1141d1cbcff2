package echo

import (
	"errors"
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
	limit        int64
	promptTokens int64
}

type call struct{ id, name, arguments string }

// answer decides what to say.
func (r *request) answer() (*answer, *agent.Failed) {
	ans := &answer{finish: agent.FinishStop, limit: r.limit, promptTokens: r.promptTokens}
	if r.reasoning {
		ans.reasoning = reasoningText
	}
	if r.tool != nil {
		made, failed := r.tool.call(r.promptTokens)
		ans.call, ans.finish = made, agent.FinishToolCalls
		return ans, failed
	}
	text, failed := r.format.apply(r.text)
	if failed != nil {
		return nil, failed
	}
	ans.text = cutAtStop(text, r.stops)
	return ans, nil
}

// call makes arguments from the parameters schema. The id depends on the request only, so that equal requests get
// equal answers; the tokens before it keep the ids of one conversation apart.
func (t *tool) call(promptTokens int64) (*call, *agent.Failed) {
	arguments, err := sample.Make(t.parameters, objectSchema())
	if err != nil {
		return nil, agent.BadRequest(t.param+".function.parameters", "no arguments can be made for the function %q: %s", t.name, explain(err))
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s", promptTokens, t.name, arguments)
	return &call{id: fmt.Sprintf("call_%016x", h.Sum64()), name: t.name, arguments: arguments}, nil
}

func objectSchema() *fastjson.Value {
	var a fastjson.Arena
	s := a.NewObject()
	s.Set("type", a.NewString("object"))
	return s
}

// explain puts the trouble with a schema in words for the caller.
func explain(err error) string {
	if errors.Is(err, sample.ErrNone) {
		return "no value was found that satisfies the schema"
	}
	return err.Error()
}

// format is what response_format asks for.
type format struct {
	kind   string
	schema *fastjson.Value // of kind json_schema
}

func (f format) apply(text string) (string, *agent.Failed) {
	switch f.kind {
	case "json_object":
		return string(sample.AppendString([]byte(`{"text": `), text)) + "}", nil
	case "json_schema":
		made, err := sample.Make(f.schema)
		if err != nil {
			return "", agent.BadRequest("response_format.json_schema.schema", "no answer can be made for the schema: %s", explain(err))
		}
		return made, nil
	}
	return text, nil
}

// cutAtStop ends text before the first stop sequence in it.
func cutAtStop(text string, stops []string) string {
	for _, stop := range stops {
		if i := strings.Index(text, stop); i >= 0 {
			text = text[:i]
		}
	}
	return text
}
