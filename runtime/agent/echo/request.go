package echo

import (
	"math"
	"strings"

	"github.com/valyala/fastjson"

	"innkeeper/runtime/agent"
)

// maxStops is how many stop sequences the chat-completions API allows.
const maxStops = 4

// request is what a turn's request comes to.
//
// https://platform.openai.com/docs/api-reference/chat/create
type request struct {
	model        string
	text         string // what to echo
	promptTokens int64
	limit        int64 // 0 for none
	stops        []string
	format       format
	tool         *tool // the tool to call, or nil
	reasoning    bool
}

func readRequest(root *fastjson.Value) (*request, *agent.Failed) {
	r := &request{}
	conv, failed := readConversation(root.Get("messages"))
	if failed != nil {
		return nil, failed
	}
	r.text, r.promptTokens = conv.echo(), conv.tokens
	for _, read := range []func(*fastjson.Value) *agent.Failed{
		r.readModel, r.readSampling, r.readLimit, r.readStop, r.readFormat, r.readReasoning, refuseUnsupported,
	} {
		if failed := read(root); failed != nil {
			return nil, failed
		}
	}
	if r.tool, failed = chooseTool(root, conv.endsWithTool()); failed != nil {
		return nil, failed
	}
	return r, nil
}

// given returns a field that is there and not null.
func given(v *fastjson.Value, key string) *fastjson.Value {
	if f := v.Get(key); f != nil && f.Type() != fastjson.TypeNull {
		return f
	}
	return nil
}

func isString(v *fastjson.Value) bool { return v != nil && v.Type() == fastjson.TypeString }

func text(v *fastjson.Value) string { return string(v.GetStringBytes()) }

func (r *request) readModel(root *fastjson.Value) *agent.Failed {
	v := given(root, "model")
	if v != nil && !isString(v) {
		return agent.BadRequest("model", "model must be a string, not %s", v.Type())
	}
	r.model = text(v)
	return nil
}

// samplingRanges are the numbers that change how a model answers. An echo has no use for them, but a client that gets
// them wrong should learn it here.
var samplingRanges = [...]struct {
	name      string
	low, high float64
}{
	{"temperature", 0, 2},
	{"top_p", 0, 1},
	{"presence_penalty", -2, 2},
	{"frequency_penalty", -2, 2},
	{"seed", math.MinInt64, math.MaxInt64},
}

func (r *request) readSampling(root *fastjson.Value) *agent.Failed {
	for _, s := range samplingRanges {
		v := given(root, s.name)
		if v == nil {
			continue
		}
		if v.Type() != fastjson.TypeNumber {
			return agent.BadRequest(s.name, "%s must be a number, not %s", s.name, v.Type())
		}
		if f := v.GetFloat64(); !(f >= s.low && f <= s.high) {
			return agent.BadRequest(s.name, "%s must be between %g and %g", s.name, s.low, s.high)
		}
	}
	return nil
}

// readLimit prefers max_completion_tokens to max_tokens, its older name.
func (r *request) readLimit(root *fastjson.Value) *agent.Failed {
	for _, name := range []string{"max_tokens", "max_completion_tokens"} {
		v := given(root, name)
		if v == nil {
			continue
		}
		n, err := v.Int64()
		if err != nil || n < 1 {
			return agent.BadRequest(name, "%s must be a whole number above 0", name)
		}
		r.limit = n
	}
	return nil
}

func (r *request) readStop(root *fastjson.Value) *agent.Failed {
	v := given(root, "stop")
	if v == nil {
		return nil
	}
	list := []*fastjson.Value{v}
	if v.Type() == fastjson.TypeArray {
		list = v.GetArray()
	}
	if len(list) > maxStops {
		return agent.BadRequest("stop", "stop may hold %d sequences, not %d", maxStops, len(list))
	}
	for _, one := range list {
		if !isString(one) {
			return agent.BadRequest("stop", "stop must be a string or an array of strings")
		}
		if s := text(one); s != "" {
			r.stops = append(r.stops, s)
		}
	}
	return nil
}

func (r *request) readFormat(root *fastjson.Value) *agent.Failed {
	v := given(root, "response_format")
	if v == nil {
		return nil
	}
	r.format.kind = text(v.Get("type"))
	switch r.format.kind {
	case "text", "json_object":
		return nil
	case "json_schema":
	default:
		return agent.BadRequest("response_format.type", "response_format.type must be text, json_object or json_schema")
	}
	spec := given(v, "json_schema")
	if spec == nil || spec.Type() != fastjson.TypeObject {
		return missing("response_format.json_schema")
	}
	if text(spec.Get("name")) == "" {
		return missing("response_format.json_schema.name")
	}
	if r.format.schema = given(spec, "schema"); r.format.schema == nil {
		return missing("response_format.json_schema.schema")
	}
	return nil
}

func (r *request) readReasoning(root *fastjson.Value) *agent.Failed {
	v := given(root, "reasoning_effort")
	if v == nil {
		return nil
	}
	if !isString(v) {
		return agent.BadRequest("reasoning_effort", "reasoning_effort must be a string, not %s", v.Type())
	}
	effort := text(v)
	r.reasoning = effort != "none" && effort != "minimal"
	return nil
}

// refuseUnsupported refuses what would otherwise silently not be done.
func refuseUnsupported(root *fastjson.Value) *agent.Failed {
	if v := given(root, "n"); v != nil && v.GetFloat64() != 1 {
		return agent.BadRequest("n", "only one choice is made; n must be 1")
	}
	if root.GetBool("logprobs") {
		return agent.BadRequest("logprobs", "log probabilities are not available")
	}
	for _, m := range root.GetArray("modalities") {
		if m := text(m); m != "text" {
			return agent.BadRequest("modalities", "only text is answered, not %s", strings.ToValidUTF8(m, "�"))
		}
	}
	for _, old := range []string{"functions", "function_call"} {
		if given(root, old) != nil {
			return agent.BadRequest(old, "%s is not supported; offer tools instead", old)
		}
	}
	return nil
}

// missing is the failure for a field that must be there.
func missing(param string) *agent.Failed {
	f := agent.BadRequest(param, "%s is required", param)
	f.Code = "missing_required_parameter"
	return f
}
