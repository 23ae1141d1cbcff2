package abi

// AgentFamily is the row of that family.
func AgentFamily() Family {
	return Family{
		Name: "agent", Version: 1, Doc: "The agent that answers.",
		Functions: []Function{
			{
				Name: "models", Params: []Param{{"buffer", Out}}, Result: ReturnsSize, Answer: "agent_models",
				Doc: "The models that can be asked.",
			},
			{
				Name: "start", Params: []Param{{"turn", In}}, Result: ReturnsHandle,
				Errors: []Cause{
					{E2BIG, "the text is too long, nests too deep or has too many values"}, {EMFILE, "too many turns run"}, {ENFILE, "the instance has too many handles"},
					{ENOMEM, "the texts of all turns together would cost too much"}, canceled(),
				},
				Doc: "Starts a turn. The text is the JSON body of a chat completions request: messages, and as far as wanted model, tools, " +
					"tool_choice, response_format and sampling fields. Events follow, the last being agent_done or agent_failed.",
			},
			{
				Name: "cancel", Params: []Param{{"turn", Handle}}, Result: ReturnsStatus,
				Doc: "Ends the turn and closes the handle; no more events of it come.",
			},
		},
		Events:  agentEvents(),
		Records: agentRecords(),
	}
}

func agentEvents() []EventType {
	const turn = "the turn"
	return []EventType{
		{
			Name: "agent_text", Kind: 0x0200, Handle: turn, Body: "UTF-8",
			Doc: "A piece of the answer. Pieces that the guest has not fetched yet are joined, so one event may hold several.",
		},
		{Name: "agent_reasoning", Kind: 0x0201, Handle: turn, Body: "UTF-8", Doc: "A piece of the model's reasoning."},
		{Name: "agent_refusal", Kind: 0x0202, Handle: turn, Body: "UTF-8", Doc: "A piece of a refusal."},
		{
			Name: "agent_tool_call", Kind: 0x0203, Handle: turn,
			Fields: []Field{
				{Name: "index", Type: FieldU32, Doc: "which call; a turn may have several"},
				{Name: "id", Type: FieldBytes, Doc: "empty after the first piece of a call"},
				{Name: "name", Type: FieldBytes, Doc: "of the function; empty after the first piece of a call"},
			},
			Body: "a piece of the JSON of the arguments",
			Doc:  "A piece of a function call.",
		},
		{
			Name: "agent_done", Kind: 0x02fe, Handle: turn, Last: true,
			Fields: []Field{
				{Name: "finish_reason", Type: FieldString, Doc: "\"stop\", \"length\", \"tool_calls\", \"content_filter\" or another one of the agent's"},
				{Name: "model", Type: FieldString, Doc: "that answered"},
				{Name: "usage", Type: FieldRecord, Record: "agent_usage", Doc: "none if nobody counted"},
				{Name: "id", Type: FieldString, Doc: "the agent's id of the answer, or empty"},
				{Name: "system_fingerprint", Type: FieldString, Doc: "or empty"},
				{Name: "service_tier", Type: FieldString, Doc: "or empty"},
			},
			Doc: "The turn came to its end. The words are those of the chat completions API.",
		},
		{
			Name: "agent_failed", Kind: 0x02ff, Handle: turn, Last: true,
			Fields: []Field{
				{Name: "status", Type: FieldU32, Doc: "the HTTP status to answer with"},
				{Name: "type", Type: FieldString, Doc: "the class of the error, such as \"rate_limit_error\""},
				{Name: "code", Type: FieldString, Doc: "a word for programs, or empty"},
				{Name: "message", Type: FieldString, Doc: "a sentence that may be shown to the caller"},
				{Name: "param", Type: FieldString, Doc: "the field of the request that is at fault, or empty"},
				{Name: "retry_after_ms", Type: FieldU64, Doc: "when to come back, in milliseconds, 0 if unknown"},
			},
			Doc: "The turn failed.",
		},
	}
}

func agentRecords() []Record {
	return []Record{
		{
			Name: "agent_usage", Doc: "the tokens of a turn",
			Fields: []Field{
				{Name: "prompt_tokens", Type: FieldI64},
				{Name: "completion_tokens", Type: FieldI64},
				{Name: "total_tokens", Type: FieldI64},
				{Name: "cached_tokens", Type: FieldI64, Doc: "part of prompt_tokens"},
				{Name: "reasoning_tokens", Type: FieldI64, Doc: "part of completion_tokens"},
			},
		},
		{
			Name: "agent_models", Doc: "the models that can be asked",
			Fields: []Field{{Name: "models", Type: FieldRecords, Record: "agent_model"}},
		},
		{
			Name: "agent_model", Doc: "a model that can be asked",
			Fields: []Field{
				{Name: "id", Type: FieldString},
				{Name: "owned_by", Type: FieldString},
			},
		},
	}
}
