package abi_test

import (
	"regexp"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
)

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// The table can be relied on: every name is one word in snake case, unique in its place, and everything is explained.
func TestTable(t *testing.T) {
	families := map[string]bool{}
	for _, family := range abi.Families() {
		if !snakeCase.MatchString(family.Name) || families[family.Name] {
			t.Errorf("family %q: no snake case, or there twice", family.Name)
		}
		families[family.Name] = true
		explained(t, "family "+family.Name, family.Doc)
		if len(family.Functions) == 0 {
			t.Errorf("family %s has no functions", family.Name)
		}
		functions := map[string]bool{}
		for _, f := range family.Functions {
			name := family.Name + "." + f.Name
			if !snakeCase.MatchString(f.Name) || functions[f.Name] {
				t.Errorf("%s: no snake case, or there twice", name)
			}
			functions[f.Name] = true
			explained(t, name, f.Doc)
			if f.Result < abi.ReturnsStatus || f.Result > abi.ReturnsSQLite {
				t.Errorf("%s: result shape %d", name, f.Result)
			}
			parameters(t, name, f)
		}
	}
}

func explained(t *testing.T, what, doc string) {
	if doc = strings.TrimSpace(doc); doc == "" || !strings.HasSuffix(doc, ".") && !strings.Contains(doc, "https://") {
		t.Errorf("%s: explained by %q", what, doc)
	}
}

func parameters(t *testing.T, name string, f abi.Function) {
	seen := map[string]bool{}
	buffers := 0
	for _, p := range f.Params {
		if !snakeCase.MatchString(p.Name) || seen[p.Name] {
			t.Errorf("%s: parameter %q: no snake case, or there twice", name, p.Name)
		}
		seen[p.Name] = true
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
}

func TestModule(t *testing.T) {
	family, ok := abi.Find("sqlite")
	if !ok || family.Module() != "innkeeper:sqlite@1" {
		t.Errorf("got %q, %v", family.Module(), ok)
	}
	if _, ok := abi.Find("innkeeper:sqlite@1"); ok {
		t.Error("a module name was taken for a family's")
	}
	for _, family := range abi.Families() {
		if found, ok := abi.Find(family.Name); !ok || found.Name != family.Name {
			t.Errorf("family %s is not found", family.Name)
		}
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
