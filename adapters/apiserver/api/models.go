package api

import (
	"innkeeper/adapters/abi"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// fallbackModel is the model's name where neither the operator nor the agent has one.
const fallbackModel = "innkeeper"

// readModels asks the agent which models it has. If the operator has named the model, that name comes first and stands for the
// agent's own choice.
func (a *app) readModels() error {
	agents, err := a.loop.Models()
	if err != nil {
		return err
	}
	a.models, a.alias = nil, ""
	switch {
	case a.settings.modelName != "":
		a.alias, a.model = a.settings.modelName, a.settings.modelName
	case len(agents) > 0:
		a.model = agents[0].ID
	default:
		a.alias, a.model = fallbackModel, fallbackModel
	}
	if a.alias != "" {
		a.models = appendModel(a.models, a.alias, "innkeeper", a.started)
	}
	for _, model := range agents {
		if model.ID != "" && model.ID != a.alias {
			a.addModel(model)
		}
	}
	return nil
}

// addModel takes a model of the agent's into the list. Nobody knows when it was made; clients sort by that and want a time.
func (a *app) addModel(m abi.AgentModel) {
	if len(a.models) > 0 {
		a.models = append(a.models, ',')
	}
	a.models = appendModel(a.models, m.ID, m.OwnedBy, a.started)
}

// appendModel appends a model object. https://platform.openai.com/docs/api-reference/models/object
func appendModel(dst []byte, id, owner string, created int64) []byte {
	dst = append(dst, `{"id":`...)
	dst = jsontext.AppendString(dst, id)
	dst = append(dst, `,"object":"model","created":`...)
	dst = openai.AppendInt(dst, created)
	dst = append(dst, `,"owned_by":`...)
	dst = jsontext.AppendString(dst, owner)
	return append(dst, '}')
}

// listModels is GET /v1/models.
func (a *app) listModels(c *call) {
	a.out = append(a.out[:0], `{"object":"list","data":[`...)
	a.out = append(a.out, a.models...)
	a.out = append(a.out, "]}"...)
	c.replyOut()
}

// getModel is GET /v1/models/{model...}; names may hold slashes.
func (a *app) getModel(c *call) {
	name := c.x.PathValue("model")
	a.scratch = append(append(append(a.scratch[:0], '['), a.models...), ']')
	if a.body.Parse(a.scratch) == nil {
		for it := a.body.Root().Items(); it.Next(); {
			if it.Value.Get("id").Is(name) {
				c.reply(it.Value.Raw())
				return
			}
		}
	}
	c.refuse(openai.NotFound("model", "model_not_found", "The model '"+name+"' does not exist."))
}

// modelShown is the name of the model in an answer to a request that named one, or none.
func (a *app) modelShown(named string) string {
	if named == "" {
		return a.model
	}
	return named
}

// modelAsked is the name for the agent: "" if it is to take its own.
func (a *app) modelAsked(named string) string {
	if named == a.alias {
		return ""
	}
	return named
}
