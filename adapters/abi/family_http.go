package abi

// HTTPFamily is the row of that family.
func HTTPFamily() Family {
	return Family{
		Name: "http", Version: 1,
		Doc:       "Inbound HTTP: the exchanges of the slot's listener. Header blocks are lines \"name: value\\n\".",
		Functions: append(requestFunctions(), answerFunctions()...),
		Events:    httpEvents(),
		Records: []Record{
			{
				Name: "http_routes", Doc: "the routes that the manifest declares",
				Fields: []Field{{Name: "names", Type: FieldStrings, Doc: "the names, in the manifest's order"}},
			},
			{
				Name: "path_value", Doc: "one parameter of a route's pattern",
				Fields: []Field{
					{Name: "name", Type: FieldString, Doc: "such as \"id\" for /things/{id}"},
					{Name: "value", Type: FieldString, Doc: "what stands in its place in the path, decoded"},
				},
			},
		},
		Constants: []Group{{
			Name: "message", Type: "uint32", Doc: "types of WebSocket messages, https://www.rfc-editor.org/rfc/rfc6455#section-5.6",
			Constants: []Constant{{"text", 1, "UTF-8"}, {"binary", 2, ""}},
		}},
	}
}

func requestFunctions() []Function {
	left := Cause{EPIPE, "the client left"}
	return []Function{
		{
			Name: "routes", Params: []Param{{"buffer", Out}}, Result: ReturnsSize, Answer: "http_routes",
			Doc: "The names of the routes that the manifest declares.",
		},
		{
			Name: "header", Params: []Param{{"exchange", Handle}, {"name", In}, {"buffer", Out}}, Result: ReturnsSize,
			Errors: []Cause{{ENOENT, "it was not sent"}, left},
			Doc:    "One request header, several values joined with \", \". No header that carries the key is ever shown.",
		},
		{
			Name: "headers", Params: []Param{{"exchange", Handle}, {"buffer", Out}}, Result: ReturnsSize, Errors: []Cause{left},
			Doc: "All request headers as a header block, without those that carry the key.",
		},
		{
			Name: "body", Params: []Param{{"exchange", Handle}, {"buffer", Out}}, Result: ReturnsSize, Errors: []Cause{left},
			Doc: "The whole request body; the host has read it before the event.",
		},
	}
}

func answerFunctions() []Function {
	var (
		begun   = Cause{EEXIST, "an answer was begun"}
		left    = Cause{EPIPE, "the client left"}
		final   = Cause{EPIPE, "the client left; the handle is closed"}
		head    = Cause{EINVAL, "HTTP does not allow the status or a header; the handle stays open"}
		large   = Cause{EMSGSIZE, "the headers or the bytes are over the limit; the handle stays open"}
		crowded = Cause{ENOMEM, "too much waits for slow clients; the handle stays open"}
		early   = Cause{EINVAL, "no answer was begun"}
	)
	return []Function{
		{
			Name:   "respond",
			Params: []Param{{"exchange", Handle}, {"status", U32}, {"headers", In}, {"body", In}}, Result: ReturnsStatus,
			Errors: []Cause{head, final, begun, large, crowded},
			Doc:    "Answers in one piece and closes the handle.",
		},
		{
			Name: "begin", Params: []Param{{"exchange", Handle}, {"status", U32}, {"headers", In}}, Result: ReturnsStatus,
			Errors: []Cause{begun, head, large, left},
			Doc:    "Sends status and headers of a streamed answer.",
		},
		{
			Name: "upgrade", Params: []Param{{"exchange", Handle}, {"protocol", In}}, Result: ReturnsStatus,
			Errors: []Cause{
				{EINVAL, "the request does not ask for a WebSocket, https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1"}, begun, left,
			},
			Doc: "Makes the exchange a WebSocket, in the place of begin. Messages come as the event http_message; each write sends one " +
				"text message (an empty one sends nothing), end closes with 1000 (1012 during a shutdown), abort with 1011. The " +
				"protocol is the one chosen of those the client offered, or empty.",
		},
		{
			Name: "write", Params: []Param{{"exchange", Handle}, {"chunk", In}}, Result: ReturnsStatus,
			Errors: []Cause{
				{EAGAIN, "the client is too slow now: nothing was taken, the event http_writable follows"}, left,
				{EINVAL, "no answer was begun, or a WebSocket's message is not UTF-8"}, large, crowded,
			},
			Doc: "Sends one piece of a streamed answer in one write and flushes it.",
		},
		{
			Name: "end", Params: []Param{{"exchange", Handle}}, Result: ReturnsStatus, Errors: []Cause{early, final},
			Doc: "Finishes a streamed answer and closes the handle.",
		},
		{
			Name: "pass", Params: []Param{{"exchange", Handle}}, Result: ReturnsStatus,
			Errors: []Cause{{ENOENT, "there is no older instance; the handle stays open"}, begun, final},
			Doc: "Gives an exchange to which nothing was answered to the older instance that still finishes its work, and closes the " +
				"handle.",
		},
		{
			Name: "abort", Params: []Param{{"exchange", Handle}}, Result: ReturnsStatus,
			Doc: "Cuts the connection without finishing the answer and closes the handle.",
		},
	}
}

func httpEvents() []EventType {
	return []EventType{
		{
			Name: "http_request", Kind: 0x0100, Handle: "the new exchange, open until respond, end, pass or abort",
			Fields: []Field{
				{Name: "route", Type: FieldString, Doc: "the name of the route in the manifest"},
				{Name: "values", Type: FieldRecords, Record: "path_value", Doc: "the parameters of the route's pattern, in its order"},
				{Name: "method", Type: FieldString},
				{Name: "path", Type: FieldString, Doc: "decoded"},
				{Name: "query", Type: FieldString, Doc: "raw, without \"?\""},
				{Name: "request_id", Type: FieldString, Doc: "what the host's log knows the request by"},
				{Name: "body_size", Type: FieldU32, Doc: "of the body, in bytes"},
			},
			Doc: "A new request.",
		},
		{
			Name: "http_gone", Kind: 0x0101, Handle: "the exchange",
			Doc: "The client of the exchange left, or the host answered because the guest had not begun to in time. It is the last event " +
				"of the handle. Calls give EPIPE; a guest that does not end the handle finds it closed after a grace time.",
		},
		{
			Name: "http_writable", Kind: 0x0102, Handle: "the exchange",
			Doc: "A stream that gave EAGAIN takes bytes again.",
		},
		{
			Name: "http_message", Kind: 0x0103, Handle: "the exchange, a WebSocket",
			Fields: []Field{{Name: "type", Type: FieldU32, Doc: "one of the message types"}},
			Body:   "the message",
			Doc:    "A message that the client sent.",
		},
	}
}
