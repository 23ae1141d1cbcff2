package abi_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
)

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// book finds names that are no words in snake case, or are taken.
type book struct {
	t    *testing.T
	seen map[string]bool
}

func newBook(t *testing.T) *book { return &book{t, map[string]bool{}} }

func (b *book) enter(what, name string) {
	if !snakeCase.MatchString(name) || b.seen[name] {
		b.t.Errorf("%s %q: no snake case, or there twice", what, name)
	}
	b.seen[name] = true
}

// The table can be relied on: every name is one word in snake case, unique in its place, and everything is explained.
func TestFamilies(t *testing.T) {
	modules := map[string]bool{}
	for _, family := range abi.Families() {
		if !snakeCase.MatchString(family.Name) || family.Version < 1 || modules[family.Module()] {
			t.Errorf("family %q version %d: no name and version, or there twice", family.Name, family.Version)
		}
		modules[family.Module()] = true
		explained(t, family.Module(), family.Doc)
		if len(family.Functions) == 0 {
			t.Errorf("family %s has no functions", family.Name)
		}
		functions := newBook(t)
		for _, f := range family.Functions {
			name := family.Name + "." + f.Name
			functions.enter("function", f.Name)
			explained(t, name, f.Doc)
			parameters(t, name, f)
			causes(t, name, f)
		}
	}
}

func explained(t *testing.T, what, doc string) {
	if doc = strings.TrimSpace(doc); doc == "" || !strings.HasSuffix(doc, ".") && !strings.Contains(doc, "https://") {
		t.Errorf("%s: explained by %q", what, doc)
	}
}

func parameters(t *testing.T, name string, f abi.Function) {
	if f.Result < abi.ReturnsStatus || f.Result > abi.ReturnsSQLite {
		t.Errorf("%s: result shape %d", name, f.Result)
	}
	seen := newBook(t)
	buffers := 0
	for _, p := range f.Params {
		seen.enter(name+": parameter", p.Name)
		if p.Type < abi.Handle || p.Type > abi.OutF64 {
			t.Errorf("%s: parameter %s has type %d", name, p.Name, p.Type)
		}
		if p.Type == abi.Out {
			buffers++
		}
	}
	// The result of a function with a buffer is the size of what belongs there: one buffer, and that result.
	if buffers > 1 || (buffers == 1) != (f.Result == abi.ReturnsSize) {
		t.Errorf("%s: %d buffers, result shape %d", name, buffers, f.Result)
	}
	if f.Answer != "" && buffers != 1 {
		t.Errorf("%s: answers %s without a buffer", name, f.Answer)
	}
}

// causes checks that a row says nothing twice, nor what its parameters say.
func causes(t *testing.T, name string, f abi.Function) {
	bare := f
	bare.Errors = nil
	all := map[abi.Errno]bool{}
	for _, errno := range bare.Errnos() {
		all[errno] = true
	}
	for _, cause := range f.Errors {
		if all[cause.Errno] || cause.Errno <= abi.OK || strings.HasPrefix(cause.Errno.Error(), "errno") || cause.When == "" {
			t.Errorf("%s: error %s if %q: said already, unknown, or unexplained", name, cause.Errno, cause.When)
		}
		all[cause.Errno] = true
	}
}

// Events and records have names and numbers of their own, among all families, and layouts that hold together.
func TestLayouts(t *testing.T) {
	names, kinds := newBook(t), map[abi.EventKind]string{}
	var families []string // by the upper bits of their events
	records := map[string]bool{}
	for _, family := range abi.Families() {
		for _, r := range family.Records {
			names.enter("record", r.Name)
			records[r.Name] = true
		}
		for _, v := range family.Variants {
			names.enter("variant", v.Name)
			records[v.Name] = true
		}
		for _, e := range family.Events {
			names.enter("event", e.Name)
			explained(t, e.Name, e.Doc)
			if other := kinds[e.Kind]; other != "" {
				t.Errorf("events %s and %s have the number %#x", e.Name, other, e.Kind)
			}
			kinds[e.Kind] = e.Name
			if e.Last && e.Handle == "" {
				t.Errorf("event %s is the last of a handle that it does not have", e.Name)
			}
			for len(families) <= int(e.Kind>>8) {
				families = append(families, "")
			}
			if owner := &families[e.Kind>>8]; *owner == "" {
				*owner = family.Name
			} else if *owner != family.Name {
				t.Errorf("event %s of %s has a number of %s", e.Name, family.Name, *owner)
			}
		}
	}
	for _, family := range abi.Families() {
		for _, f := range family.Functions {
			if f.Answer != "" && !records[f.Answer] {
				t.Errorf("%s.%s answers %s, which is not there", family.Name, f.Name, f.Answer)
			}
		}
		for _, r := range append(family.Records, payloads(family)...) {
			fields(t, r, records)
		}
	}
}

func payloads(family abi.Family) (list []abi.Record) {
	for _, e := range family.Events {
		list = append(list, abi.Record{Name: e.Name, Fields: e.Fields})
	}
	return list
}

func fields(t *testing.T, r abi.Record, records map[string]bool) {
	seen := newBook(t)
	for _, f := range r.Fields {
		seen.enter(r.Name+": field", f.Name)
		nested := f.Type == abi.FieldRecord || f.Type == abi.FieldRecords
		if f.Type < abi.FieldU32 || f.Type > abi.FieldRecords || nested != (f.Record != "") || nested && !records[f.Record] {
			t.Errorf("%s: field %s has type %d of record %q", r.Name, f.Name, f.Type, f.Record)
		}
	}
}

func TestConstants(t *testing.T) {
	names := newBook(t)
	groups := abi.Constants()
	for _, family := range abi.Families() {
		groups = append(groups, family.Constants...)
	}
	for _, g := range groups {
		names.enter("group", g.Name)
		values, in := map[int64]bool{}, newBook(t)
		for _, c := range g.Constants {
			in.enter(g.Name, c.Name)
			if values[c.Value] {
				t.Errorf("%s: the number %d is there twice", g.Name, c.Value)
			}
			values[c.Value] = true
		}
		if g.Doc == "" || len(g.Constants) == 0 || g.Named && g.Type == "" {
			t.Errorf("group %s: unexplained, empty, or named without a type", g.Name)
		}
	}
}

func TestModule(t *testing.T) {
	if got := (abi.Family{Name: "greet", Version: 2}).Module(); got != "innkeeper:greet@2" {
		t.Errorf("got %s", got)
	}
}

// Nobody can change the table for another.
func TestFamiliesIsACopy(t *testing.T) {
	abi.Families()[0].Functions[0].Name = "changed"
	if abi.Families()[0].Functions[0].Name == "changed" {
		t.Error("the table was changed")
	}
}

func TestWasm(t *testing.T) {
	const i32, i64, f64 = abi.WasmI32, abi.WasmI64, abi.WasmF64
	for kind, want := range map[abi.Type][]byte{
		abi.Handle: {i32}, abi.U32: {i32}, abi.I32: {i32}, abi.I64: {i64}, abi.F64: {f64}, abi.In: {i32, i32},
		abi.Out: {i32, i32}, abi.OutU32: {i32}, abi.OutI64: {i32}, abi.OutF64: {i32},
	} {
		f := abi.Function{Params: []abi.Param{{Name: "a", Type: kind}, {Name: "b", Type: abi.I64}}}
		if got := f.Wasm(); string(got) != string(want)+string([]byte{i64}) {
			t.Errorf("type %d: got %x", kind, got)
		}
	}
	if got := (abi.Function{}).Wasm(); len(got) != 0 {
		t.Errorf("no parameters: %x", got)
	}
}

func TestErrnosOfAFunction(t *testing.T) {
	f := abi.Function{
		Params: []abi.Param{{Name: "a", Type: abi.Handle}, {Name: "b", Type: abi.In}, {Name: "c", Type: abi.OutU32}},
		Errors: []abi.Cause{{Errno: abi.EPIPE, When: "it is so"}},
	}
	if got, want := f.Errnos(), []abi.Errno{abi.EBADF, abi.EFAULT, abi.EPIPE}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
