package httpfn

import (
	"context"

	"innkeeper/hostfuncs/family"
)

// Plug is the family for a host.
func Plug() family.Plug {
	return family.Plug{
		Table:   table(),
		Handles: []family.Handles{{Kind: KindExchange, Quota: Exchanges}},
		New: func(core family.Core) family.Instance {
			f := New(core.Context, Config{
				Ledger: core.Ledger, Mailbox: core.Mailbox, Logger: core.Logger, Routes: core.Manifest.RouteNames(),
				Predecessor: core.Passes, Flight: core.Flight,
				KeepAlive: core.KeepAlive, MessageBytes: int(core.MaxBody), AnswerTimeout: core.AnswerTimeout,
			})
			return family.Instance{Functions: f, Drain: f.Drain, Close: func(context.Context) error {
				f.Close()
				return nil
			}}
		},
	}
}
