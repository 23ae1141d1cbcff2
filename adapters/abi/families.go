package abi

// Families is the whole table, in the order of the reference page. It is made anew at each call, so that no caller can
// change it for another.
func Families() []Family {
	return []Family{lifecycleFamily(), eventFamily(), configFamily(), logFamily(), sqliteFamily(), httpFamily(), agentFamily()}
}

func lifecycleFamily() Family {
	return Family{"lifecycle", "How an instance tells the host that it can serve, or why it cannot.", []Function{
		{"ready", nil, ReturnsStatus,
			"Says that the guest can serve from now on. Its slot becomes connected. EEXIST if it was said before."},
		{"fail", []Param{{"code", In}, {"retryable", U32}, {"message", In}}, ReturnsStatus,
			"Says why the guest is about to end: a short code such as \"bad_token\", whether trying again can help (0 or 1), " +
				"and a sentence for the operator. The last call counts. The guest exits afterwards."},
		{"info", []Param{{"buffer", Out}}, ReturnsSize,
			"Who the guest is: u32 size of what follows, string adapter, u64 generation, string host version, u64 drain budget in ms, u64 largest body in bytes, u64 generation of the older instance that still lives, 0 if none."},
	}}
}

func eventFamily() Family {
	return Family{"event", "The instance's mailbox. It is also pollable as descriptor 3.", []Function{
		{"wait", []Param{{"timeout_ns", I64}}, ReturnsCount,
			"Blocks until an event is there (1) or the time is over (0). 0 looks and returns at once, a negative time waits for ever."},
		{"recv", []Param{{"buffer", Out}}, ReturnsSize,
			"Copies the next event and takes it from the mailbox, if it fits. EAGAIN if there is none."},
	}}
}

func configFamily() Family {
	return Family{"config", "The adapter's settings.", []Function{
		{"read", []Param{{"buffer", Out}}, ReturnsSize,
			"The adapter's settings as a JSON object, defaults filled in, without the secret ones."},
		{"has_secret", []Param{{"name", In}}, ReturnsCount,
			"1 if the operator has set that secret, 0 if not. Its value stays in the host. ENOENT if the manifest names no such secret."},
	}}
}

func logFamily() Family {
	return Family{"log", "The host's log.", []Function{
		{"write", []Param{{"level", I32}, {"message", In}, {"attributes", In}}, ReturnsStatus,
			"Writes one record. Levels: -4 debug, 0 info, 4 warn, 8 error. The attributes are a JSON object, or empty."},
	}}
}

func sqliteFamily() Family {
	return Family{"sqlite", "SQLite databases of the adapter, by label. After ENOTRECOVERABLE a connection is lost (out of memory, a fault, a call that could not be interrupted, a damaged file): only errmsg, finalize and close are left. What was committed is safe. https://www.sqlite.org/c3ref/funclist.html", []Function{
		{"open", []Param{{"label", In}, {"connection", OutU32}}, ReturnsSQLite,
			"Opens the database of that label ([a-z0-9_-], 1 to 64 characters), which the manifest names, and makes it if it is not there. EINVAL for another label, EACCES for one that is not in the manifest."},
		{"close", []Param{{"connection", Handle}}, ReturnsStatus,
			"Closes the connection, its statements first. An open transaction is rolled back."},
		{"exec", []Param{{"connection", Handle}, {"sql", In}}, ReturnsSQLite,
			"Runs one or more statements and drops their rows. SQLITE_INTERRUPT and ETIMEDOUT as in step. https://www.sqlite.org/c3ref/exec.html"},
		{"prepare", []Param{{"connection", Handle}, {"sql", In}, {"statement", OutU32}, {"tail", OutU32}}, ReturnsSQLite,
			"Compiles the first statement of the text; tail is the number of bytes used. The statement is 0 if the text holds none. https://www.sqlite.org/c3ref/prepare.html"},
		{"bind_int64", []Param{{"statement", Handle}, {"index", U32}, {"value", I64}}, ReturnsSQLite,
			"Binds an integer; the first parameter is 1. https://www.sqlite.org/c3ref/bind_blob.html"},
		{"bind_double", []Param{{"statement", Handle}, {"index", U32}, {"value", F64}}, ReturnsSQLite, "Binds a floating-point number."},
		{"bind_text", []Param{{"statement", Handle}, {"index", U32}, {"value", In}}, ReturnsSQLite, "Binds text, which is copied."},
		{"bind_blob", []Param{{"statement", Handle}, {"index", U32}, {"value", In}}, ReturnsSQLite, "Binds bytes, which are copied."},
		{"bind_null", []Param{{"statement", Handle}, {"index", U32}}, ReturnsSQLite, "Binds NULL."},
		{"bind_zeroblob", []Param{{"statement", Handle}, {"index", U32}, {"size", I64}}, ReturnsSQLite, "Binds a blob of that many zeros."},
		{"bind_parameter_count", []Param{{"statement", Handle}}, ReturnsCount, "The largest parameter index."},
		{"bind_parameter_index", []Param{{"statement", Handle}, {"name", In}}, ReturnsCount, "The index of a named parameter (\":id\"), 0 if there is none."},
		{"clear_bindings", []Param{{"statement", Handle}}, ReturnsSQLite, "Sets every parameter to NULL."},
		{"step", []Param{{"statement", Handle}}, ReturnsSQLite,
			"Runs to the next row: 100 SQLITE_ROW, 101 SQLITE_DONE, or an error. SQLITE_INTERRUPT (9) when the host's time budget for one call is used up; ETIMEDOUT if the call could not be interrupted, and the connection is lost then. https://www.sqlite.org/c3ref/step.html"},
		{"column_count", []Param{{"statement", Handle}}, ReturnsCount, "The number of columns."},
		{"column_name", []Param{{"statement", Handle}, {"column", U32}, {"buffer", Out}}, ReturnsSize, "The name of a column; the first is 0."},
		{"column_type", []Param{{"statement", Handle}, {"column", U32}}, ReturnsCount, "The type of a column of the current row; ERANGE if there is no row or no such column, as for all of column_* and row. 1 integer, 2 float, 3 text, 4 blob, 5 null. https://www.sqlite.org/c3ref/c_blob.html"},
		{"column_int64", []Param{{"statement", Handle}, {"column", U32}, {"value", OutI64}}, ReturnsStatus, "The column as an integer."},
		{"column_double", []Param{{"statement", Handle}, {"column", U32}, {"value", OutF64}}, ReturnsStatus, "The column as a floating-point number."},
		{"column_text", []Param{{"statement", Handle}, {"column", U32}, {"buffer", Out}}, ReturnsSize, "The column as UTF-8 text, without a NUL at the end."},
		{"column_blob", []Param{{"statement", Handle}, {"column", U32}, {"buffer", Out}}, ReturnsSize, "The column as bytes."},
		{"row", []Param{{"statement", Handle}, {"buffer", Out}}, ReturnsSize,
			"The whole row at once. For each column one byte of type (as column_type), then nothing for null, eight bytes little endian for integer and float, u32 length and the bytes for text and blob."},
		{"reset", []Param{{"statement", Handle}}, ReturnsSQLite, "Makes the statement ready to run again; bindings stay. https://www.sqlite.org/c3ref/reset.html"},
		{"finalize", []Param{{"statement", Handle}}, ReturnsStatus, "Closes the statement. https://www.sqlite.org/c3ref/finalize.html"},
		{"changes", []Param{{"connection", Handle}, {"value", OutI64}}, ReturnsStatus, "Rows changed by the last INSERT, UPDATE or DELETE. https://www.sqlite.org/c3ref/changes.html"},
		{"last_insert_rowid", []Param{{"connection", Handle}, {"value", OutI64}}, ReturnsStatus, "https://www.sqlite.org/c3ref/last_insert_rowid.html"},
		{"get_autocommit", []Param{{"connection", Handle}}, ReturnsCount, "0 inside a transaction, else 1. https://www.sqlite.org/c3ref/get_autocommit.html"},
		{"errmsg", []Param{{"connection", Handle}, {"buffer", Out}}, ReturnsSize, "The message of the last error on the connection. https://www.sqlite.org/c3ref/errcode.html"},
	}}
}

func httpFamily() Family {
	return Family{"http", "Inbound HTTP: the exchanges of the slot's listener. Header blocks are lines \"name: value\\n\".", []Function{
		{"routes", []Param{{"buffer", Out}}, ReturnsSize,
			"The names of the routes that the manifest declares: u32 number, then each as a string."},
		{"header", []Param{{"exchange", Handle}, {"name", In}, {"buffer", Out}}, ReturnsSize,
			"One request header, several values joined with \", \". ENOENT if it was not sent, EPIPE once the client left, as for headers and body. The Authorization header is never shown."},
		{"headers", []Param{{"exchange", Handle}, {"buffer", Out}}, ReturnsSize, "All request headers as a header block, without Authorization."},
		{"body", []Param{{"exchange", Handle}, {"buffer", Out}}, ReturnsSize, "The whole request body; the host has read it before the event."},
		{"respond", []Param{{"exchange", Handle}, {"status", U32}, {"headers", In}, {"body", In}}, ReturnsStatus,
			"Answers in one piece and closes the handle. EINVAL for a header or status that HTTP does not allow (the handle stays open), EPIPE if the client left (the handle is closed), EEXIST if a stream was begun, EMSGSIZE if it is over the limit, ENOMEM if too much waits for slow clients."},
		{"begin", []Param{{"exchange", Handle}, {"status", U32}, {"headers", In}}, ReturnsStatus,
			"Sends status and headers of a streamed answer. EEXIST if it was begun before, EINVAL or EMSGSIZE for headers as in respond, EPIPE if the client left."},
		{"upgrade", []Param{{"exchange", Handle}, {"protocol", In}}, ReturnsStatus,
			"Makes the exchange a WebSocket, in the place of begin. Messages come as EventHTTPMessage; each write sends one text message (an empty one sends nothing), end closes with 1000 (1012 during a shutdown), abort with 1011. The protocol is the one chosen of those the client offered, or empty. EINVAL if the request does not ask for a WebSocket (https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1), EEXIST if an answer was begun, EPIPE if the client left."},
		{"write", []Param{{"exchange", Handle}, {"chunk", In}}, ReturnsStatus,
			"Sends one piece of a streamed answer in one write and flushes it. EAGAIN if the client is too slow now: nothing was taken, EventHTTPWritable follows. EPIPE if the client left, EINVAL before begin, EMSGSIZE if the piece is over the limit, ENOMEM if too much waits for slow clients."},
		{"end", []Param{{"exchange", Handle}}, ReturnsStatus, "Finishes a streamed answer and closes the handle. EINVAL before begin, EPIPE if the client left (the handle is closed)."},
		{"pass", []Param{{"exchange", Handle}}, ReturnsStatus,
			"Gives an exchange to which nothing was answered to the older instance that still finishes its work, and closes the handle. ENOENT if there is none (the handle stays open), EEXIST if an answer was begun, EPIPE if the client left (the handle is closed)."},
		{"abort", []Param{{"exchange", Handle}}, ReturnsStatus, "Cuts the connection without finishing the answer and closes the handle."},
	}}
}

func agentFamily() Family {
	return Family{"agent", "The agent that answers.", []Function{
		{"models", []Param{{"buffer", Out}}, ReturnsSize, "The models that can be asked: JSON [{\"id\",\"created\",\"owned_by\"}]."},
		{"start", []Param{{"turn", In}}, ReturnsHandle,
			"Starts a turn. The text is the JSON body of a chat completions request: messages, and as far as wanted model, tools, tool_choice, response_format and sampling fields. Events follow, the last being EventAgentDone or EventAgentFailed, which closes the handle. E2BIG if the text is over the limit, EMFILE or ENFILE if too many turns run, ENOMEM if their texts together are over the limit."},
		{"cancel", []Param{{"turn", Handle}}, ReturnsStatus, "Ends the turn and closes the handle; no more events of it come."},
	}}
}
