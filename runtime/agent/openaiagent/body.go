package openaiagent

import (
	"cmp"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
)

// ownFields are the fields of a request that are set here.
var ownFields = [...]string{"model", "stream", "stream_options", "n"}

// requestBody returns the body for the upstream: the caller's, byte for byte, but for the fields that are set here. The
// caller's own spellings of these are taken out, all of them, since parsers differ in which of two equal keys counts.
func (a *Agent) requestBody(turn agent.Turn) ([]byte, *agent.Failed) {
	doc := a.doc()
	defer a.putBack(doc)
	doc.Reserve(turn.Values)
	if err := doc.Parse(turn.Request); err != nil || doc.Root().Kind() != jsontext.Object {
		return nil, agent.BadRequest("", "the request is not a JSON object")
	}
	root := doc.Root()
	model, failed := a.model(root.Get("model"))
	if failed != nil {
		return nil, failed
	}
	if n := root.Get("n"); n.Set() {
		if count, ok := n.Float(); !ok || count != 1 {
			return nil, agent.BadRequest("n", "only one choice is made; n must be 1")
		}
	}
	options := root.Get("stream_options")
	if options.Set() && options.Kind() != jsontext.Object {
		return nil, agent.BadRequest("stream_options", "stream_options must be an object")
	}
	out := make([]byte, 0, len(turn.Request)+len(model)+128)
	out = append(out, '{')
	out = appendOthers(out, root, ownFields[:]...)
	out = append(out, `"model":`...)
	out = jsontext.AppendString(out, model)
	out = append(out, `,"stream":true,"stream_options":{`...)
	out = appendOthers(out, options, "include_usage")
	return append(out, `"include_usage":true}}`...), nil
}

// appendOthers writes the members of an object but those of the names, with a comma behind each.
func appendOthers(out []byte, object jsontext.Value, names ...string) []byte {
	for m := object.Members(); m.Next(); {
		if isOneOf(m.Key, names) {
			continue
		}
		out = append(append(out, m.Key.Raw()...), ':')
		out = append(append(out, m.Value.Raw()...), ',')
	}
	return out
}

func isOneOf(key jsontext.Value, names []string) bool {
	for _, name := range names {
		if key.Is(name) {
			return true
		}
	}
	return false
}

// model returns the upstream's name of the model.
func (a *Agent) model(given jsontext.Value) (string, *agent.Failed) {
	if given.Set() && given.Kind() != jsontext.String {
		return "", agent.BadRequest("model", "model must be a string")
	}
	name := cmp.Or(given.Text(), a.cfg.Model)
	if name == "" {
		failed := agent.BadRequest("model", "model is required: the request names none, and none is configured")
		failed.Code = "missing_required_parameter"
		return "", failed
	}
	return cmp.Or(a.cfg.ModelMap[name], a.cfg.ModelMap[AnyModel], name), nil
}

// doc returns a reader with the memory of an earlier one.
func (a *Agent) doc() *jsontext.Doc {
	if doc, ok := a.docs.Get().(*jsontext.Doc); ok {
		return doc
	}
	return &jsontext.Doc{}
}

func (a *Agent) putBack(doc *jsontext.Doc) {
	doc.Release()
	a.docs.Put(doc)
}
