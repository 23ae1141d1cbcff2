package gateway

import (
	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo"
	"innkeeper/runtime/agent/openaiagent"
	"innkeeper/runtime/config"
)

// newAgent makes the agent that the configuration names.
func newAgent(conf config.Agent) (agent.Agent, error) {
	if conf.Kind == config.AgentEcho {
		return echo.New(echo.Config{Delay: conf.Delay}), nil
	}
	upstream := openaiagent.Config{BaseURL: conf.BaseURL, APIKey: conf.APIKey.Reveal(), Model: conf.Model, Timeout: conf.Timeout}
	if conf.Model != "" {
		// Clients ask for the name that the adapter advertises, which the upstream does not know.
		upstream.ModelMap = map[string]string{openaiagent.AnyModel: conf.Model}
	}
	return openaiagent.New(upstream)
}
