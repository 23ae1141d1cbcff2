package agentfn

import (
	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/agent"
)

// Plug is the family for a host whose agent is what the function gives when a turn starts.
func Plug(agent func() agent.Agent) family.Plug {
	return family.Plug{
		Table:   table(),
		Handles: []family.Handles{{Kind: KindTurn, Quota: Turns}},
		New: func(core family.Core) family.Instance {
			f := New(core.Context, Config{
				Ledger: core.Ledger, Mailbox: core.Mailbox, Agent: agent, Logger: core.Logger,
				MaxTurnBytes: int(core.MaxBody) + TurnSlackBytes, Flight: core.Flight,
			})
			return family.Instance{Functions: f, Close: f.Close}
		},
	}
}
