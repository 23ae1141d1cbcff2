package module_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// FuzzAdmitAndInstrument: nothing panics, and where the engine takes a module
// that was admitted, it takes the instrumented one, and not the other way round.
func FuzzAdmitAndInstrument(f *testing.F) {
	f.Add(minimal().Build())
	f.Add(kitchenSink())
	f.Add(algorithms())
	f.Add(opcodeModule("\xfd\x0c" + "0123456789abcdef"))
	f.Add([]byte(withCode(emptyBody)))
	f.Add([]byte(withCode(emptyBody) + wt.Section(wt.SecCustom, wt.Name("name")+wt.Section(1, wt.Vec("\x00"+wt.Name("main"))))))
	for _, build := range escapes {
		b := wt.New()
		build(b)
		f.Add(b.Build())
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(testPages))
	f.Cleanup(func() { r.Close(ctx) })
	compiles := func(raw []byte) error {
		c, err := r.CompileModule(ctx, raw)
		if err == nil {
			c.Close(ctx)
		}
		return err
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if manifest, found, err := module.Manifest(raw); err == nil && found {
			if _, err := module.AppendManifest(raw, manifest); err != nil {
				t.Errorf("a manifest that was read cannot be written: %v", err)
			}
		}
		m, err := module.Admit(raw, policy())
		if err != nil {
			return
		}
		out, err := m.Instrument(module.Meter{MaxPages: testPages})
		if err != nil {
			return
		}
		plain, instrumented := compiles(raw), compiles(out)
		if (plain == nil) != (instrumented == nil) {
			t.Errorf("plain: %v; instrumented: %v", plain, instrumented)
		}
	})
}

// FuzzCost: whatever is admitted and charged little costs the engine's compiler little. Modules that the engine refuses may cost as much.
func FuzzCost(f *testing.F) {
	const charged = 4 << 20 // more would make the target slow
	for _, shape := range wt.Costly() {
		f.Add(shape.Build(3))
	}
	f.Add(minimal().Build())
	f.Add(kitchenSink())
	f.Add(algorithms())
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := module.Admit(raw, policy())
		if err != nil {
			return
		}
		out, charge, _, err := module.CostOf(m, module.Meter{MaxPages: testPages})
		if err != nil || charge > charged {
			return
		}
		if cost, _ := compileCost(t, out); cost > charge+engineItself {
			t.Errorf("the engine allocated %d bytes, charged were %d", cost, charge)
		}
	})
}
