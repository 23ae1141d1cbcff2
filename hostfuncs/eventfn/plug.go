package eventfn

import "innkeeper/hostfuncs/family"

// Plug is the family for a host. Every instance has it: without it a guest hears nothing.
func Plug() family.Plug {
	return family.Plug{
		Table: table(), Always: true,
		New: func(core family.Core) family.Instance { return family.Instance{Functions: New(core)} },
	}
}
