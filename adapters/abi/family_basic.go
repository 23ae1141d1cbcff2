package abi

// LifecycleFamily is the row of that family.
func LifecycleFamily() Family {
	return Family{
		Name: "lifecycle", Version: 1, Doc: "How an instance tells the host that it can serve, or why it cannot.",
		Functions: []Function{
			{
				Name: "ready", Result: ReturnsStatus, Errors: []Cause{{EEXIST, "it was said before"}},
				Doc: "Says that the guest can serve from now on. Its slot becomes connected.",
			},
			{
				Name: "fail", Params: []Param{{"code", In}, {"retryable", U32}, {"message", In}}, Result: ReturnsStatus,
				Doc: "Says why the guest is about to end: a short code such as \"bad_token\", whether trying again can help (0 or 1), " +
					"and a sentence for the operator. The last call counts. The guest exits afterwards.",
			},
			{
				Name: "info", Params: []Param{{"buffer", Out}}, Result: ReturnsSize, Answer: "lifecycle_info",
				Doc: "Who the guest is.",
			},
		},
		Events: []EventType{
			{
				Name: "shutdown", Kind: 0x0001,
				Fields: []Field{
					{Name: "drain_ms", Type: FieldU32, Doc: "how long what is open may go on, in milliseconds"},
					{Name: "reason", Type: FieldString, Doc: "\"restart\", \"reload\", \"stop\", \"pause\" or \"handover\""},
				},
				Doc: "Asks the guest to end: no new work will come, and what is open may be finished within the budget. It comes again if there is less time than was said before. No new work does not mean none: a successor passes on what belongs to open work.",
			},
			{
				Name: "predecessor_ended", Kind: 0x0002,
				Fields: []Field{{Name: "generation", Type: FieldU64, Doc: "the number of the instance that ended"}},
				Doc: "The older instance, beside which this one was started, is over and everything that it held is closed. What it " +
					"had not finished, nobody finishes any more.",
			},
		},
		Records: []Record{{
			Name: "lifecycle_info", Doc: "who an instance is",
			Fields: []Field{
				{Name: "adapter", Type: FieldString, Doc: "the name under which the operator configured the adapter"},
				{Name: "generation", Type: FieldU64, Doc: "counts the instances of the adapter; it is never used again"},
				{Name: "host_version", Type: FieldString, Doc: "the gateway's version"},
				{Name: "drain_ms", Type: FieldU64, Doc: "how long open work may go on after a shutdown, in milliseconds"},
				{Name: "max_body_bytes", Type: FieldU64, Doc: "the largest request body that the host lets through"},
				{
					Name: "predecessor", Type: FieldU64,
					Doc: "the generation of the older instance that still finishes its work, 0 if there is none",
				},
			},
		}},
	}
}

// EventFamily is the row of that family.
func EventFamily() Family {
	return Family{
		Name: "event", Version: 1, Doc: "The instance's mailbox. It can also be polled, as descriptor 3.",
		Functions: []Function{
			{
				Name: "wait", Params: []Param{{"timeout_ns", I64}}, Result: ReturnsCount, Errors: []Cause{canceled()},
				Doc: "Blocks until an event is there (1) or the time is over (0). 0 looks and returns at once, a negative time " +
					"waits for ever.",
			},
			{
				Name: "recv", Params: []Param{{"buffer", Out}}, Result: ReturnsSize, Errors: []Cause{{EAGAIN, "no event waits"}},
				Doc: "Copies the next event and takes it from the mailbox, if it fits.",
			},
		},
	}
}

// canceled is the error of calls that are under way when the instance ends. A guest in the sandbox does not come back from
// them.
func canceled() Cause { return Cause{ECANCELED, "the instance is over"} }

// ConfigFamily is the row of that family.
func ConfigFamily() Family {
	return Family{
		Name: "config", Version: 1, Doc: "The adapter's settings.",
		Functions: []Function{
			{
				Name: "read", Params: []Param{{"buffer", Out}}, Result: ReturnsSize,
				Doc: "The adapter's settings as a JSON object, defaults filled in, without the secret ones.",
			},
			{
				Name: "has_secret", Params: []Param{{"name", In}}, Result: ReturnsCount,
				Errors: []Cause{{ENOENT, "the manifest names no such secret"}},
				Doc:    "1 if the operator has set that secret, 0 if not. Its value stays in the host.",
			},
		},
		Events: []EventType{{
			Name: "settings_changed", Kind: 0x0300,
			Doc: "Settings that the manifest calls live have changed; config.read gives the new ones.",
		}},
	}
}

// LogFamily is the row of that family.
func LogFamily() Family {
	return Family{
		Name: "log", Version: 1, Doc: "The host's log.",
		Functions: []Function{{
			Name: "write", Params: []Param{{"level", I32}, {"message", In}, {"attributes", In}}, Result: ReturnsStatus,
			Doc: "Writes one record. A level between two of the log levels is the lower one. The attributes are a JSON object, or empty.",
		}},
		Constants: []Group{{
			Name: "log_level", Type: "int32", Doc: "levels of log.write",
			Constants: []Constant{{"debug", -4, ""}, {"info", 0, ""}, {"warn", 4, ""}, {"error", 8, ""}},
		}},
	}
}
