package wasmtest_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	wt "innkeeper/runtime/module/wasmtest"
)

// everything uses each part of the builder once: it stores a greeting's first
// byte plus 3*7 (through a table) plus a global in the exported function.
func everything() []byte {
	b := wt.New()
	note := b.Import("host", "note", wt.I32, "")
	ptr, _ := b.String("A")
	global := b.Global(wt.I32, true, wt.I32Const(5))
	table := b.Table(wt.FuncRef, 1, 1)
	sum := b.Declare(wt.I32, wt.I32)
	b.Func("answer", "", wt.I32, "",
		wt.I32Const(ptr), wt.I32Load8U,
		wt.I32Const(7), wt.I32Const(0), wt.CallIndirect(b.Type(wt.I32, wt.I32), table), wt.I32Add,
		wt.GlobalGet(global), wt.I32Add)
	b.Define(sum, wt.I32+wt.I32,
		wt.Repeat(1, 3, wt.LocalGet(2), wt.LocalGet(0), wt.I32Add, wt.LocalSet(2)),
		wt.LocalGet(2))
	b.Elem(table, 0, sum)
	start := b.Func("", "", "", "", wt.I32Const(-1), wt.Call(note))
	b.StartSection(start)
	b.Main("", wt.Nop)
	b.Custom("innkeeper", "name = \"x\"")
	return b.Build()
}

func TestBuilderMakesWhatAnEngineRuns(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	var noted []uint32
	_, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			noted = append(noted, uint32(stack[0]))
		}), []api.ValueType{api.ValueTypeI32}, nil).Export("note").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, everything())
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.ExportedFunction("answer").Call(ctx)
	if want := uint64('A' + 3*7 + 5); err != nil || got[0] != want {
		t.Fatalf("answer: got %v, %v, want %d", got, err, want)
	}
	if len(noted) != 1 || noted[0] != 0xffffffff {
		t.Fatalf("start section: noted %v", noted)
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	if !bytes.Equal(everything(), everything()) {
		t.Fatal("two builds differ")
	}
}

func TestLEB128(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{wt.U32(0), "\x00"},
		{wt.U32(127), "\x7f"},
		{wt.U32(128), "\x80\x01"},
		{wt.U32(1<<32 - 1), "\xff\xff\xff\xff\x0f"},
		{wt.S64(-1), "\x7f"},
		{wt.S64(63), "\x3f"},
		{wt.S64(64), "\xc0\x00"},
		{wt.S64(-65), "\xbf\x7f"},
		{wt.S64(-1 << 63), "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"},
	} {
		if c.got != c.want {
			t.Errorf("got %x, want %x", c.got, c.want)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	for name, misuse := range map[string]func(b *wt.Builder){
		"import after function": func(b *wt.Builder) { b.Main(""); b.Import("m", "f", "", "") },
		"declared, not defined": func(b *wt.Builder) { b.Declare("", ""); b.Build() },
		"defined twice":         func(b *wt.Builder) { b.Define(b.Main(""), "") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse(wt.New())
		})
	}
}
