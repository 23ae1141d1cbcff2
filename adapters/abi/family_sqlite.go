package abi

// SQLiteFamily is the row of that family.
func SQLiteFamily() Family {
	return Family{
		Name: "sqlite", Version: 1,
		Doc: "SQLite databases of the adapter, by label. After ENOTRECOVERABLE a connection is lost (out of memory, a fault, a call " +
			"that could not be interrupted, a damaged file): only errmsg, finalize and close are left. What was committed is safe. " +
			"https://www.sqlite.org/c3ref/funclist.html",
		Functions: append(append(connectionFunctions(), bindFunctions()...), rowFunctions()...),
		Variants: []Variant{{
			Name: "sqlite_value", Doc: "a value of SQLite, https://www.sqlite.org/c3ref/c_blob.html",
			Cases: []Case{
				{"integer", 1, FieldI64, ""}, {"float", 2, FieldF64, ""}, {"text", 3, FieldBytes, "UTF-8"},
				{"blob", 4, FieldBytes, ""}, {"null", 5, 0, ""},
			},
		}},
		Constants: []Group{sqliteResults()},
	}
}

// onDatabase is the errors of a call that works on a connection, with those of the call itself.
func onDatabase(more ...Cause) []Cause {
	return append(more,
		Cause{ENOTRECOVERABLE, "the connection is lost"}, Cause{ENOMEM, "the connection's memory is used up, and it is lost now"},
		Cause{EIO, "SQLite or the file failed in a way that it cannot say, and the connection is lost now"})
}

func connectionFunctions() []Function {
	var (
		kinds = Cause{EMFILE, "too many of this kind of handle are open"}
		all   = Cause{ENFILE, "the instance has too many handles"}
		nul   = Cause{EINVAL, "the text holds a NUL"}
		late  = Cause{ETIMEDOUT, "the call could not be interrupted when its time was up, and the connection is lost now"}
	)
	connection := Param{"connection", Handle}
	return []Function{
		{
			Name: "open", Params: []Param{{"label", In}, {"connection", OutU32}}, Result: ReturnsSQLite,
			Errors: []Cause{
				{EINVAL, "no label: [a-z0-9_-], 1 to 64 characters"}, {EACCES, "the manifest does not name it"}, kinds, all,
				{EPERM, "what lies there is no file that this host makes"}, {ENOMEM, "no memory left for it"},
				{EIO, "SQLite or the file failed in a way that it cannot say"}, canceled(),
			},
			Doc: "Opens the database of that label, which the manifest names, and makes it if it is not there.",
		},
		{
			Name: "close", Params: []Param{connection}, Result: ReturnsStatus,
			Errors: []Cause{{EIO, "it could not be closed in order; it is closed"}},
			Doc:    "Closes the connection, its statements first. An open transaction is rolled back.",
		},
		{
			Name: "exec", Params: []Param{connection, {"sql", In}}, Result: ReturnsSQLite, Errors: onDatabase(nul, late),
			Doc: "Runs one or more statements and drops their rows. SQLITE_INTERRUPT as in step. https://www.sqlite.org/c3ref/exec.html",
		},
		{
			Name: "prepare", Params: []Param{connection, {"sql", In}, {"statement", OutU32}, {"tail", OutU32}}, Result: ReturnsSQLite,
			Errors: onDatabase(nul, kinds, all, late, canceled()),
			Doc: "Compiles the first statement of the text; tail is the number of bytes used. The statement is 0 if the text holds " +
				"none. https://www.sqlite.org/c3ref/prepare.html",
		},
		{
			Name: "changes", Params: []Param{connection, {"value", OutI64}}, Result: ReturnsStatus, Errors: onDatabase(),
			Doc: "Rows changed by the last INSERT, UPDATE or DELETE. https://www.sqlite.org/c3ref/changes.html",
		},
		{
			Name: "last_insert_rowid", Params: []Param{connection, {"value", OutI64}}, Result: ReturnsStatus, Errors: onDatabase(),
			Doc: "The rowid of the last INSERT. https://www.sqlite.org/c3ref/last_insert_rowid.html",
		},
		{
			Name: "get_autocommit", Params: []Param{connection}, Result: ReturnsCount, Errors: onDatabase(),
			Doc: "0 inside a transaction, else 1. https://www.sqlite.org/c3ref/get_autocommit.html",
		},
		{
			Name: "errmsg", Params: []Param{connection, {"buffer", Out}}, Result: ReturnsSize,
			Doc: "The message of the last error on the connection. https://www.sqlite.org/c3ref/errcode.html",
		},
	}
}

func bindFunctions() []Function {
	statement, index := Param{"statement", Handle}, Param{"index", U32}
	bind := func(name, doc string, errors []Cause, params ...Param) Function {
		return Function{
			Name: name, Params: append([]Param{statement}, params...), Result: ReturnsSQLite, Errors: onDatabase(errors...), Doc: doc,
		}
	}
	return []Function{
		bind("bind_int64", "Binds an integer; the first parameter is 1. https://www.sqlite.org/c3ref/bind_blob.html", nil,
			index, Param{"value", I64}),
		bind("bind_double", "Binds a floating-point number.", nil, index, Param{"value", F64}),
		bind("bind_text", "Binds text, which is copied.", nil, index, Param{"value", In}),
		bind("bind_blob", "Binds bytes, which are copied.", nil, index, Param{"value", In}),
		bind("bind_null", "Binds NULL.", nil, index),
		bind("bind_zeroblob", "Binds a blob of that many zeros.", []Cause{{EINVAL, "the size is negative"}}, index, Param{"size", I64}),
		{
			Name: "bind_parameter_count", Params: []Param{statement}, Result: ReturnsCount, Errors: onDatabase(),
			Doc: "The largest parameter index.",
		},
		{
			Name: "bind_parameter_index", Params: []Param{statement, {"name", In}}, Result: ReturnsCount, Errors: onDatabase(),
			Doc: "The index of a named parameter (\":id\"), 0 if there is none.",
		},
		bind("clear_bindings", "Sets every parameter to NULL.", nil),
	}
}

func rowFunctions() []Function {
	statement, column := Param{"statement", Handle}, Param{"column", U32}
	noColumn := Cause{ERANGE, "there is no row, or no such column in it"}
	return []Function{
		{
			Name: "step", Params: []Param{statement}, Result: ReturnsSQLite,
			Errors: onDatabase(Cause{ETIMEDOUT, "the call could not be interrupted when its time was up, and the connection is lost now"}),
			Doc: "Runs to the next row: SQLITE_ROW, SQLITE_DONE, or an error. SQLITE_INTERRUPT when the host's time budget for one " +
				"call is used up. https://www.sqlite.org/c3ref/step.html",
		},
		{
			Name: "column_count", Params: []Param{statement}, Result: ReturnsCount, Errors: onDatabase(),
			Doc: "The number of columns.",
		},
		{
			Name: "column_name", Params: []Param{statement, column, {"buffer", Out}}, Result: ReturnsSize,
			Errors: onDatabase(Cause{ERANGE, "there is no such column"}),
			Doc:    "The name of a column; the first is 0.",
		},
		{
			Name: "column_type", Params: []Param{statement, column}, Result: ReturnsCount, Errors: onDatabase(noColumn),
			Doc: "The type of a column of the current row, as the tag of sqlite_value says it.",
		},
		{
			Name: "column_int64", Params: []Param{statement, column, {"value", OutI64}}, Result: ReturnsStatus, Errors: onDatabase(noColumn),
			Doc: "The column as an integer.",
		},
		{
			Name: "column_double", Params: []Param{statement, column, {"value", OutF64}}, Result: ReturnsStatus, Errors: onDatabase(noColumn),
			Doc: "The column as a floating-point number.",
		},
		{
			Name: "column_text", Params: []Param{statement, column, {"buffer", Out}}, Result: ReturnsSize, Errors: onDatabase(noColumn),
			Doc: "The column as UTF-8 text, without a NUL at the end.",
		},
		{
			Name: "column_blob", Params: []Param{statement, column, {"buffer", Out}}, Result: ReturnsSize, Errors: onDatabase(noColumn),
			Doc: "The column as bytes.",
		},
		{
			Name: "row", Params: []Param{statement, {"buffer", Out}}, Result: ReturnsSize, Answer: "sqlite_value",
			Errors: onDatabase(Cause{ERANGE, "there is no row"}, Cause{E2BIG, "the row is too large for one call, take its columns one by one"},
				Cause{ETIMEDOUT, "the host's time budget for one call is used up"}, canceled()),
			Doc: "The whole row at once, one value for each column.",
		},
		{
			Name: "reset", Params: []Param{statement}, Result: ReturnsSQLite, Errors: onDatabase(),
			Doc: "Makes the statement ready to run again; bindings stay. https://www.sqlite.org/c3ref/reset.html",
		},
		{
			Name: "finalize", Params: []Param{statement}, Result: ReturnsStatus,
			Doc: "Closes the statement. https://www.sqlite.org/c3ref/finalize.html",
		},
	}
}

// sqliteResults are the codes that a guest may meet. https://www.sqlite.org/rescode.html
func sqliteResults() Group {
	return Group{
		Name: "sqlite", Type: "int32", Named: true,
		Doc: "results of SQLite, the primary ones; an extended code has one of them in its lower byte. https://www.sqlite.org/rescode.html",
		Constants: []Constant{
			{"ok", 0, ""}, {"error", 1, "the SQL is wrong, or no other code fits"}, {"perm", 3, ""}, {"abort", 4, ""},
			{"busy", 5, "another connection holds a lock"}, {"locked", 6, ""}, {"nomem", 7, ""}, {"readonly", 8, ""},
			{"interrupt", 9, "the host's time budget for one call was used up"}, {"ioerr", 10, ""},
			{"corrupt", 11, "the file is damaged"}, {"full", 13, ""}, {"cantopen", 14, ""}, {"schema", 17, ""}, {"toobig", 18, ""},
			{"constraint", 19, ""}, {"mismatch", 20, ""}, {"misuse", 21, ""}, {"auth", 23, "the host does not allow it, such as ATTACH"},
			{"range", 25, "a parameter or column that is not there"}, {"notadb", 26, "the file is no database"},
			{"row", 100, "step: a row is there"}, {"done", 101, "step: the statement has come to its end"},
		},
	}
}
