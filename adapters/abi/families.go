package abi

// Families is the whole table, in the order of the reference page. It is made anew at each call, so that no caller can
// change it for another.
func Families() []Family {
	return []Family{LifecycleFamily(), EventFamily(), ConfigFamily(), LogFamily(), SQLiteFamily(), HTTPFamily(), AgentFamily()}
}

// Constants are the groups of constants that belong to no family.
func Constants() []Group {
	return []Group{
		{
			Name: "fd", Doc: "descriptors that every guest has, beside WASI's standard streams",
			Constants: []Constant{{"events", 3, "the mailbox, to be polled: it can be read when an event waits"}},
		},
		{
			Name: "exit", Doc: "exit codes of a guest, as in sysexits(3): they decide what the host does next",
			Constants: []Constant{
				{"done", 0, "the slot stops"},
				{"tempfail", 75, "EX_TEMPFAIL: back off and start a new generation, as after every other code, a trap or a stall"},
				{"config", 78, "EX_CONFIG: failed, until a person or a change of the configuration asks"},
			},
		},
	}
}
