package logfn

import (
	"context"

	"innkeeper/hostfuncs/family"
)

// Plug is the family for a host. Every instance has it: what it prints are records, too.
func Plug() family.Plug {
	return family.Plug{
		Table: table(), Always: true,
		New: func(core family.Core) family.Instance {
			f := New(Config{Logger: core.Logger})
			return family.Instance{Functions: f, Close: func(context.Context) error { return f.Close() }}
		},
	}
}
