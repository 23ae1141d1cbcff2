package lifecyclefn

import "innkeeper/hostfuncs/family"

// Plug is the family for a host. Every instance has it.
func Plug() family.Plug {
	return family.Plug{
		Table: table(), Always: true,
		New: func(core family.Core) family.Instance { return family.Instance{Functions: New(core)} },
	}
}
