package hostcall_test

// What fakes write into out parameters and buffers, and what they return.
const (
	fakeU32    uint32  = 0xcafef00d
	fakeI64    int64   = -0x0123456789abcdef
	fakeF64    float64 = -1234.5e67
	fakeByte   byte    = 0x5a
	fakeResult int32   = 100 // also SQLITE_ROW
)

// recorder notes which function was reached, with which arguments.
type recorder struct {
	result int32
	calls  []string
	args   []any
}

// note records a call with copies of what it was given, and sets the out parameters.
func (r *recorder) note(function string, args ...any) int32 {
	r.calls, r.args = append(r.calls, function), nil
	for _, a := range args {
		switch a := a.(type) {
		case []byte:
			r.args = append(r.args, string(a))
		case *uint32:
			*a = fakeU32
			r.args = append(r.args, nil)
		case *int64:
			*a = fakeI64
			r.args = append(r.args, nil)
		case *float64:
			*a = fakeF64
			r.args = append(r.args, nil)
		default:
			r.args = append(r.args, a)
		}
	}
	return r.result
}

// fill writes to a whole buffer, as a family does, and returns what it held before.
func fill(buffer []byte) []byte {
	defer func() {
		for i := range buffer {
			buffer[i] = fakeByte
		}
	}()
	return append([]byte(nil), buffer...)
}

// families are fakes that all note in r, in the order of the tables.
func (r *recorder) families() []any {
	return []any{fakeLifecycle{r}, fakeEvent{r}, fakeConfig{r}, fakeLog{r}, fakeSQLite{r}, fakeHTTP{r}, fakeAgent{r}}
}

type (
	fakeLifecycle struct{ *recorder }
	fakeEvent     struct{ *recorder }
	fakeConfig    struct{ *recorder }
	fakeLog       struct{ *recorder }
	fakeSQLite    struct{ *recorder }
	fakeHTTP      struct{ *recorder }
	fakeAgent     struct{ *recorder }
)

func (f fakeLifecycle) Ready() int32 { return f.note("lifecycle.ready") }
func (f fakeLifecycle) Fail(c []byte, r uint32, m []byte) int32 {
	return f.note("lifecycle.fail", c, r, m)
}
func (f fakeLifecycle) Info(b []byte) int32 { return f.note("lifecycle.info", fill(b)) }

func (f fakeEvent) Wait(t int64) int32  { return f.note("event.wait", t) }
func (f fakeEvent) Recv(b []byte) int32 { return f.note("event.recv", fill(b)) }

func (f fakeConfig) Read(b []byte) int32      { return f.note("config.read", fill(b)) }
func (f fakeConfig) HasSecret(n []byte) int32 { return f.note("config.has_secret", n) }

func (f fakeLog) Write(l int32, m, a []byte) int32 { return f.note("log.write", l, m, a) }

func (f fakeSQLite) Open(l []byte, c *uint32) int32  { return f.note("sqlite.open", l, c) }
func (f fakeSQLite) Close(c uint32) int32            { return f.note("sqlite.close", c) }
func (f fakeSQLite) Exec(c uint32, sql []byte) int32 { return f.note("sqlite.exec", c, sql) }
func (f fakeSQLite) Prepare(c uint32, sql []byte, s, t *uint32) int32 {
	return f.note("sqlite.prepare", c, sql, s, t)
}
func (f fakeSQLite) BindInt64(s, i uint32, v int64) int32 {
	return f.note("sqlite.bind_int64", s, i, v)
}
func (f fakeSQLite) BindDouble(s, i uint32, v float64) int32 {
	return f.note("sqlite.bind_double", s, i, v)
}
func (f fakeSQLite) BindText(s, i uint32, v []byte) int32 { return f.note("sqlite.bind_text", s, i, v) }
func (f fakeSQLite) BindBlob(s, i uint32, v []byte) int32 { return f.note("sqlite.bind_blob", s, i, v) }
func (f fakeSQLite) BindNull(s, i uint32) int32           { return f.note("sqlite.bind_null", s, i) }
func (f fakeSQLite) BindZeroblob(s, i uint32, n int64) int32 {
	return f.note("sqlite.bind_zeroblob", s, i, n)
}
func (f fakeSQLite) BindParameterCount(s uint32) int32 {
	return f.note("sqlite.bind_parameter_count", s)
}
func (f fakeSQLite) ClearBindings(s uint32) int32 { return f.note("sqlite.clear_bindings", s) }
func (f fakeSQLite) Step(s uint32) int32          { return f.note("sqlite.step", s) }
func (f fakeSQLite) ColumnCount(s uint32) int32   { return f.note("sqlite.column_count", s) }
func (f fakeSQLite) ColumnName(s, c uint32, b []byte) int32 {
	return f.note("sqlite.column_name", s, c, fill(b))
}
func (f fakeSQLite) ColumnType(s, c uint32) int32 { return f.note("sqlite.column_type", s, c) }
func (f fakeSQLite) ColumnInt64(s, c uint32, v *int64) int32 {
	return f.note("sqlite.column_int64", s, c, v)
}
func (f fakeSQLite) ColumnText(s, c uint32, b []byte) int32 {
	return f.note("sqlite.column_text", s, c, fill(b))
}
func (f fakeSQLite) ColumnBlob(s, c uint32, b []byte) int32 {
	return f.note("sqlite.column_blob", s, c, fill(b))
}
func (f fakeSQLite) Row(s uint32, b []byte) int32     { return f.note("sqlite.row", s, fill(b)) }
func (f fakeSQLite) Reset(s uint32) int32             { return f.note("sqlite.reset", s) }
func (f fakeSQLite) Finalize(s uint32) int32          { return f.note("sqlite.finalize", s) }
func (f fakeSQLite) Changes(c uint32, v *int64) int32 { return f.note("sqlite.changes", c, v) }
func (f fakeSQLite) LastInsertRowid(c uint32, v *int64) int32 {
	return f.note("sqlite.last_insert_rowid", c, v)
}
func (f fakeSQLite) GetAutocommit(c uint32) int32    { return f.note("sqlite.get_autocommit", c) }
func (f fakeSQLite) Errmsg(c uint32, b []byte) int32 { return f.note("sqlite.errmsg", c, fill(b)) }
func (f fakeSQLite) BindParameterIndex(s uint32, n []byte) int32 {
	return f.note("sqlite.bind_parameter_index", s, n)
}
func (f fakeSQLite) ColumnDouble(s, c uint32, v *float64) int32 {
	return f.note("sqlite.column_double", s, c, v)
}

func (f fakeHTTP) Routes(b []byte) int32                  { return f.note("http.routes", fill(b)) }
func (f fakeHTTP) Header(e uint32, n, b []byte) int32     { return f.note("http.header", e, n, fill(b)) }
func (f fakeHTTP) Headers(e uint32, b []byte) int32       { return f.note("http.headers", e, fill(b)) }
func (f fakeHTTP) Body(e uint32, b []byte) int32          { return f.note("http.body", e, fill(b)) }
func (f fakeHTTP) Respond(e, s uint32, h, b []byte) int32 { return f.note("http.respond", e, s, h, b) }
func (f fakeHTTP) Begin(e, s uint32, h []byte) int32      { return f.note("http.begin", e, s, h) }
func (f fakeHTTP) Upgrade(e uint32, p []byte) int32       { return f.note("http.upgrade", e, p) }
func (f fakeHTTP) Write(e uint32, c []byte) int32         { return f.note("http.write", e, c) }
func (f fakeHTTP) End(e uint32) int32                     { return f.note("http.end", e) }
func (f fakeHTTP) Pass(e uint32) int32                    { return f.note("http.pass", e) }
func (f fakeHTTP) Abort(e uint32) int32                   { return f.note("http.abort", e) }

func (f fakeAgent) Models(b []byte) int32 { return f.note("agent.models", fill(b)) }
func (f fakeAgent) Start(t []byte) int32  { return f.note("agent.start", t) }
func (f fakeAgent) Cancel(t uint32) int32 { return f.note("agent.cancel", t) }
