package sqlitefn

import "innkeeper/hostfuncs/family"

// Plug is the family for a host.
func Plug() family.Plug {
	databases := &Databases{}
	return family.Plug{
		Table:   table(),
		Handles: []family.Handles{{Kind: KindConnection, Quota: Connections}, {Kind: KindStatement, Quota: Statements}},
		Storage: databases.Storage,
		New: func(core family.Core) family.Instance {
			return family.Instance{Functions: New(core.Context, Config{
				Dir: core.Folder, Labels: core.Manifest.Databases, Ledger: core.Ledger, Fatal: core.Fatal, Logger: core.Logger,
				Databases: databases, Limits: Limits{MaxDisk: core.Disk}, Descriptors: core.Descriptors, Work: core.Mailbox.Work,
			})}
		},
	}
}
