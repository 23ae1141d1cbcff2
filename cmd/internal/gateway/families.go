package gateway

import (
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/agent"
)

// Families is every family of host functions that this host has: the one list. What a module may import, what an instance gets
// and which handles the configuration bounds follow from it. Who answers turns is asked for each turn; nil will do where
// nothing runs.
func Families(answerer func() agent.Agent) []family.Plug {
	return []family.Plug{
		lifecyclefn.Plug(), eventfn.Plug(), configfn.Plug(), logfn.Plug(), sqlitefn.Plug(), httpfn.Plug(), agentfn.Plug(answerer),
	}
}

// HandleQuotas are the kinds of handles that guests of this host can have, with their default quotas, for the configuration.
func HandleQuotas() map[string]int { return handleQuotas(Families(nil)) }

func handleQuotas(plugs []family.Plug) map[string]int {
	quotas := map[string]int{}
	for _, plug := range plugs {
		for _, h := range plug.Handles {
			quotas[string(h.Kind)] = h.Quota
		}
	}
	return quotas
}
