package module_test

import (
	"context"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// allocated is how many bytes this process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// engineItself is what the engine allocates for a module of nothing, in bytes, and a good deal more.
const engineItself = 4 << 20

// compileCost compiles and returns what the engine allocated for that.
func compileCost(t testing.TB, raw []byte) (uint64, error) {
	t.Helper()
	ctx := context.Background()
	before := allocated()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithDebugInfoEnabled(false))
	defer r.Close(ctx)
	_, err := r.CompileModule(ctx, raw)
	return allocated() - before, err
}

// What a module is charged for is more than what the engine allocates for it, whatever it has much of, and grows with it.
func TestTheChargeIsAnUpperBound(t *testing.T) {
	for _, shape := range wt.Costly() {
		t.Run(shape.Name, func(t *testing.T) {
			var charges, costs []uint64
			for _, n := range []int{25, 100} {
				out, charge, _, err := module.CostOf(admit(t, shape.Build(n)), module.Meter{MaxPages: testPages})
				if err != nil {
					t.Fatal(err)
				}
				cost, err := compileCost(t, out)
				if err != nil {
					t.Fatal(err)
				}
				if cost > charge+engineItself {
					t.Errorf("%d of them: the engine allocated %d bytes, charged were %d", n, cost, charge)
				}
				charges, costs = append(charges, charge), append(costs, cost)
			}
			if more := costs[1] - min(costs[0], costs[1]); charges[1]-charges[0]+engineItself < more {
				t.Errorf("75 more of them cost %d bytes and are charged %d", more, charges[1]-charges[0])
			}
		})
	}
}

// Each shape took the engine gigabytes or a minute. It is refused for that, in a time and memory that its bytes explain.
func TestCostlyModulesAreRefused(t *testing.T) {
	const perByte = 64 // the instrumented copy grows by that at most before it is given up
	for _, shape := range wt.Costly() {
		t.Run(shape.Name, func(t *testing.T) {
			raw := shape.Build(10_000)
			before := allocated()
			m, err := module.Admit(raw, policy())
			if err == nil {
				_, err = m.Instrument(module.Meter{MaxPages: testPages})
			}
			spent := allocated() - before
			e := refused(t, err, module.CodeLimit)
			if !strings.Contains(e.Msg, "to compile") || e.Hint == "" {
				t.Errorf("%v; hint: %s", e, e.Hint)
			}
			if spent > uint64(perByte*len(raw)+1<<20) {
				t.Errorf("%d bytes were allocated to refuse %d", spent, len(raw))
			}
		})
	}
}

// Functions are charged one by one, and all of them together: a large module pays for none that is made to be costly.
func TestALargeModuleDoesNotPayForACostlyFunction(t *testing.T) {
	b := wt.New()
	for range 100 {
		b.Func("", "", "", "", wt.Code(strings.Repeat("\x01", limits.ModuleBodyBytes-100))) // nops
	}
	b.Main(wt.I32x(1000), wt.Code(strings.Repeat("\x20\x00\x04\x40\x0b", 4000)))
	_, err := admit(t, b.Build()).Instrument(module.Meter{MaxPages: testPages})
	if e := refused(t, err, module.CodeLimit); !strings.Contains(e.Msg, "a function") {
		t.Error(e)
	}
}

// What compilers make stays well below.
func TestOrdinaryCodeIsAdmitted(t *testing.T) {
	_, charge, size, err := module.CostOf(admit(t, guest(t)), module.Meter{MaxPages: testPages})
	if err != nil {
		t.Fatal(err)
	}
	if perByte := charge / uint64(size); perByte > limits.CompileCostPerByte/3 {
		t.Errorf("a Go guest is charged %d for each byte of its code, at most %d are allowed", perByte, limits.CompileCostPerByte)
	}
}

// numeric lists the numeric instructions by what they take and leave.
// https://webassembly.github.io/spec/core/appendix/index-instructions.html
var numeric = []struct {
	first, last    byte
	params, result wt.Types
}{
	{0x45, 0x45, wt.I32, wt.I32}, {0x46, 0x4f, wt.I32 + wt.I32, wt.I32}, {0x50, 0x50, wt.I64, wt.I32}, {0x51, 0x5a, wt.I64 + wt.I64, wt.I32},
	{0x5b, 0x60, wt.F32 + wt.F32, wt.I32}, {0x61, 0x66, wt.F64 + wt.F64, wt.I32},
	{0x67, 0x69, wt.I32, wt.I32}, {0x6a, 0x78, wt.I32 + wt.I32, wt.I32}, {0x79, 0x7b, wt.I64, wt.I64}, {0x7c, 0x8a, wt.I64 + wt.I64, wt.I64},
	{0x8b, 0x91, wt.F32, wt.F32}, {0x92, 0x98, wt.F32 + wt.F32, wt.F32}, {0x99, 0x9f, wt.F64, wt.F64}, {0xa0, 0xa6, wt.F64 + wt.F64, wt.F64},
	{0xa7, 0xa7, wt.I64, wt.I32}, {0xa8, 0xa9, wt.F32, wt.I32}, {0xaa, 0xab, wt.F64, wt.I32}, {0xac, 0xad, wt.I32, wt.I64},
	{0xae, 0xaf, wt.F32, wt.I64}, {0xb0, 0xb1, wt.F64, wt.I64}, {0xb2, 0xb3, wt.I32, wt.F32}, {0xb4, 0xb5, wt.I64, wt.F32}, {0xb6, 0xb6, wt.F64, wt.F32},
	{0xb7, 0xb8, wt.I32, wt.F64}, {0xb9, 0xba, wt.I64, wt.F64}, {0xbb, 0xbb, wt.F32, wt.F64}, {0xc0, 0xc1, wt.I32, wt.I32}, {0xc2, 0xc4, wt.I64, wt.I64},
}

// Plain code, without blocks and calls, costs its instructions, and some of them cost as much as many others.
func TestInstructionsAreCharged(t *testing.T) {
	const n = 1500
	all := wt.I32 + wt.I64 + wt.F32 + wt.F64
	stores := map[wt.Types]wt.Code{wt.I32: "\x36\x02\x00", wt.I64: "\x37\x03\x00", wt.F32: "\x38\x02\x00", wt.F64: "\x39\x03\x00"}
	for _, group := range numeric {
		for op := int(group.first); op <= int(group.last); op++ {
			code := wt.I32Const(0)
			for _, p := range group.params {
				code += wt.LocalGet(uint32(strings.IndexRune(string(all), p)))
			}
			code += wt.Code([]byte{byte(op)}) + stores[group.result]
			b := wt.New()
			b.Main(all, wt.Code(strings.Repeat(string(code), n)))
			out, charge, _, err := module.CostOf(admit(t, b.Build()), module.Meter{MaxPages: testPages})
			if err != nil {
				t.Fatalf("0x%x: %v", op, err)
			}
			if cost, err := compileCost(t, out); err != nil || cost > charge+engineItself {
				t.Errorf("0x%x: %v: the engine allocated %d bytes, charged were %d", op, err, cost, charge)
			}
		}
	}
}
