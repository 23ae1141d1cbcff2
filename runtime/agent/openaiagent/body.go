package openaiagent

import (
	"cmp"
	"encoding/json"

	"github.com/tidwall/gjson"

	"innkeeper/runtime/agent"
)

// requestBody returns the body for the upstream: the caller's, byte for byte, but for the fields that are set here. The
// caller's own spellings of these are taken out, all of them, since parsers differ in which of two equal keys counts.
func (a *Agent) requestBody(request []byte) ([]byte, *agent.Failed) {
	root := gjson.ParseBytes(request)
	if !gjson.ValidBytes(request) || !root.IsObject() {
		return nil, agent.BadRequest("", "the request is not a JSON object")
	}
	fields := map[string]gjson.Result{}
	out := make([]byte, 0, len(request)+128)
	out = append(out, '{')
	root.ForEach(func(key, value gjson.Result) bool {
		switch name := key.String(); name {
		case "model", "stream", "stream_options", "n":
			fields[name] = value
		default:
			out = append(out, key.Raw...)
			out = append(out, ':')
			out = append(out, value.Raw...)
			out = append(out, ',')
		}
		return true
	})
	model, failed := a.model(fields["model"])
	if failed != nil {
		return nil, failed
	}
	if n := fields["n"]; n.Exists() && n.Type != gjson.Null && n.Num != 1 {
		return nil, agent.BadRequest("n", "only one choice is made; n must be 1")
	}
	options, failed := streamOptions(fields["stream_options"])
	if failed != nil {
		return nil, failed
	}
	out = append(out, `"model":`...)
	out = append(out, model...)
	out = append(out, `,"stream":true,"stream_options":`...)
	out = append(out, options...)
	return append(out, '}'), nil
}

// model returns the upstream's name of the model, as JSON.
func (a *Agent) model(given gjson.Result) ([]byte, *agent.Failed) {
	if given.Exists() && given.Type != gjson.Null && given.Type != gjson.String {
		return nil, agent.BadRequest("model", "model must be a string")
	}
	name := cmp.Or(given.String(), a.cfg.Model)
	if name == "" {
		failed := agent.BadRequest("model", "model is required: the request names none, and none is configured")
		failed.Code = "missing_required_parameter"
		return nil, failed
	}
	name = cmp.Or(a.cfg.ModelMap[name], a.cfg.ModelMap[AnyModel], name)
	quoted, err := json.Marshal(name)
	if err != nil {
		return nil, agent.BadRequest("model", "model cannot be written as JSON")
	}
	return quoted, nil
}

// streamOptions keeps the caller's options and asks for usage.
func streamOptions(given gjson.Result) ([]byte, *agent.Failed) {
	if given.Exists() && given.Type != gjson.Null && !given.IsObject() {
		return nil, agent.BadRequest("stream_options", "stream_options must be an object")
	}
	out := []byte("{")
	given.ForEach(func(key, value gjson.Result) bool {
		if given.IsObject() && key.String() != "include_usage" {
			out = append(out, key.Raw...)
			out = append(out, ':')
			out = append(out, value.Raw...)
			out = append(out, ',')
		}
		return true
	})
	return append(out, `"include_usage":true}`...), nil
}
