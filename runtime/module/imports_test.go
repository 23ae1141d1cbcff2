package module

import (
	"reflect"
	"testing"

	wt "innkeeper/runtime/module/wasmtest"
)

func TestImports(t *testing.T) {
	b := wt.New()
	b.Import("env", "odd \x1b name", wt.I32+wt.I64, wt.I32)
	b.Import("wasi_snapshot_preview1", "proc_exit", wt.I32, "")
	b.Main("")
	got, err := Imports(b.Build())
	want := []Import{
		{"env", "odd \x1b name", FuncType{Params: []ValueType{I32, I64}, Results: []ValueType{I32}}},
		{"wasi_snapshot_preview1", "proc_exit", FuncType{Params: []ValueType{I32}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Imports([]byte("hello")); err == nil {
		t.Error("a text has imports")
	}
}
