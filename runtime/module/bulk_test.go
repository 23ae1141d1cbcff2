package module_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// Sizes of the mover: a few strides of memory, of a table and of each long segment.
const (
	moverPages   = 20
	moverEntries = 100_000
	segmentBytes = 700_000
	segmentItems = 80_000
)

// movers are the bulk instructions that the mover exports, each with three operands.
var movers = []string{"copy", "fill", "init", "init short", "table.copy", "table.copy between", "table.fill", "table.init", "table.init short"}

// mover exports every bulk instruction as a function, and "sum", which tells one content of the tables from another.
func mover() []byte {
	b := wt.New()
	b.Memory(moverPages)
	tables := []uint32{b.Table(wt.FuncRef, moverEntries), b.Table(wt.FuncRef, moverEntries)}
	number := b.Type("", wt.I32)
	var numbers []string
	for n := range 7 {
		numbers = append(numbers, wt.U32(b.Func("", "", wt.I32, "", wt.I32Const(n+1))))
	}
	items := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = numbers[i*i%7]
		}
		return wt.Vec(list...)
	}
	content := make([]byte, segmentBytes)
	for i := range content {
		content[i] = byte(i * i >> 3)
	}
	long, short := b.Passive(string(content)), b.Passive(string(content[:5000]))
	b.RawElem("\x01\x00" + items(segmentItems))
	b.RawElem("\x01\x00" + items(500))
	move := func(name string, instruction wt.Code) {
		b.Func(name, wt.I32x(3), "", "", wt.LocalGet(0), wt.LocalGet(1), wt.LocalGet(2), instruction)
	}
	move("copy", wt.MemoryCopy)
	move("fill", wt.MemoryFill)
	move("init", wt.MemoryInit(long))
	move("init short", wt.MemoryInit(short))
	move("table.copy", wt.TableCopy(tables[0], tables[0]))
	move("table.copy between", wt.TableCopy(tables[1], tables[0]))
	b.Func("table.fill", wt.I32x(3), "", "", wt.LocalGet(0), wt.LocalGet(1), wt.TableGet(tables[1]), wt.LocalGet(2), wt.TableFill(tables[0]))
	move("table.init", wt.TableInit(0, tables[0]))
	move("table.init short", wt.TableInit(1, tables[1]))
	add := func(table uint32) wt.Code { // sum = sum*31 + what is called through the entry
		return wt.LocalGet(1) + wt.I32Const(31) + wt.I32Mul + wt.LocalSet(1) +
			wt.LocalGet(0) + wt.TableGet(table) + "\xd1" + wt.I32Eqz + // ref.is_null
			wt.If(wt.LocalGet(1), wt.LocalGet(0), wt.CallIndirect(number, table), wt.I32Add, wt.LocalSet(1))
	}
	b.Func("sum", "", wt.I32, wt.I32x(2), wt.Loop(add(tables[0]), add(tables[1]),
		wt.LocalGet(0), wt.I32Const(1), wt.I32Add, wt.LocalTee(0), wt.I32Const(moverEntries), wt.I32LtU, wt.BrIf(0)), wt.LocalGet(1))
	b.Main("")
	return b.Build()
}

// moved is the mover, plain and metered, in the same state.
type moved struct {
	t              testing.TB
	plain, metered api.Module
}

func newMoved(t testing.TB, config wazero.RuntimeConfig) *moved {
	t.Helper()
	raw := mover()
	plain, err := newHost(t, config).instantiate(raw)
	if err != nil {
		t.Fatal(err)
	}
	metered, err := newHost(t, config).instantiate(instrument(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return &moved{t, plain, metered}
}

// try does the same on both sides, which must end the same way and leave the same behind.
func (m *moved) try(name string, to, from, length uint32) {
	m.t.Helper()
	ctx := context.Background()
	_, want := m.plain.ExportedFunction(name).Call(ctx, uint64(to), uint64(from), uint64(length))
	_, got := m.metered.ExportedFunction(name).Call(ctx, uint64(to), uint64(from), uint64(length))
	if reason(got) != reason(want) {
		m.t.Fatalf("%s(%d, %d, %d): %q, plain %q", name, to, from, length, reason(got), reason(want))
	}
	if strings.HasPrefix(name, "table") {
		a, _ := m.plain.ExportedFunction("sum").Call(ctx)
		b, _ := m.metered.ExportedFunction("sum").Call(ctx)
		if a[0] != b[0] {
			m.t.Fatalf("%s(%d, %d, %d): tables differ", name, to, from, length)
		}
		return
	}
	a, _ := m.plain.Memory().Read(0, moverPages<<16)
	b, _ := m.metered.Memory().Read(0, moverPages<<16)
	if !bytes.Equal(a, b) {
		m.t.Fatalf("%s(%d, %d, %d): memories differ", name, to, from, length)
	}
}

// reason is the first line of a trap.
func reason(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// edges are places and lengths where something changes: of the threshold, of strides, of memory, tables and segments.
func edges() (list []uint32) {
	for _, at := range []uint32{0, limits.MeterBulk, limits.MeterBulk / 8, limits.MeterStride, 2 * limits.MeterStride, limits.MeterStride / 8,
		moverPages << 16, moverEntries, segmentBytes, segmentItems, 5000, 500, 1 << 31, 40_000, 65_000} {
		list = append(list, at-1, at, at+1)
	}
	return append(list, math.MaxUint32-limits.MeterStride, math.MaxUint32-1)
}

// A bulk instruction that is cut into strides does what it did: the same bytes, in whatever way the areas overlap, and the
// same trap before a byte is moved.
func TestBulkInstructionsMoveTheSame(t *testing.T) {
	for engine, config := range engines() {
		t.Run(engine, func(t *testing.T) {
			m, random, edges := newMoved(t, config), rand.New(rand.NewPCG(1, 2)), edges()
			pick := func() uint32 { return edges[random.IntN(len(edges))] }
			for _, name := range movers { // something in both tables first
				if name != "table.fill" {
					m.try(name, 3, 5, 400)
				}
			}
			rounds := 600
			if engine == "interpreter" || testing.Short() {
				rounds = 100
			}
			for range rounds {
				m.try(movers[random.IntN(len(movers))], pick(), pick(), pick())
			}
		})
	}
}

// FuzzBulk looks for places and lengths with which the strides are seen.
func FuzzBulk(f *testing.F) {
	for i := range movers {
		f.Add(byte(i), uint32(0), uint32(1), uint32(limits.MeterStride+1))
		f.Add(byte(i), uint32(limits.MeterStride), uint32(3), uint32(2*limits.MeterStride))
		f.Add(byte(i), uint32(1), uint32(math.MaxUint32), uint32(limits.MeterBulk))
	}
	m := newMoved(f, wazero.NewRuntimeConfigCompiler())
	f.Fuzz(func(t *testing.T, which byte, to, from, length uint32) {
		m := &moved{t, m.plain, m.metered}
		m.try(movers[int(which)%len(movers)], to, from, length)
	})
}

// No bulk instruction moves more than a stride between two ticks, so one that is long can be stopped in the middle.
func TestLongBulkInstructionsAreStopped(t *testing.T) {
	for _, test := range []struct {
		name             string
		to, from, length uint64
		strides          int
	}{
		{"copy", 0, 100, 4 * limits.MeterStride, 4}, {"copy", 100, 0, 4 * limits.MeterStride, 4},
		{"fill", 0, 7, 4*limits.MeterStride + 2*limits.MeterBulkUnit, 5}, {"init", 0, 0, segmentBytes, 11},
		{"table.copy", 1, 0, moverEntries - 1, 13}, {"table.copy between", 0, 0, moverEntries, 13},
		{"table.fill", 0, 0, moverEntries, 13}, {"table.init", 0, 0, segmentItems, 10},
	} {
		h, move := meteredMover(t, test.name)
		if _, err := move.Call(context.Background(), test.to, test.from, test.length); err != nil {
			t.Fatal(err)
		}
		if h.checkpoints != test.strides {
			t.Errorf("%s(%d, %d, %d): %d checkpoints, want %d", test.name, test.to, test.from, test.length, h.checkpoints, test.strides)
		}
		h.killAt(h.checkpoints + 2)
		if _, err := move.Call(context.Background(), test.to, test.from, test.length); !errors.Is(err, errKilled) {
			t.Errorf("%s was not stopped in the middle: %v", test.name, err)
		}
	}
}

// Bulk instructions tick from the threshold on, those of short segments as well; shorter ones are as good as other code.
func TestShortBulkInstructionsTick(t *testing.T) {
	const bulk, calls = limits.MeterBulk, 100
	for _, test := range []struct {
		name   string
		length uint64
		ticks  bool
	}{
		{"copy", bulk, true}, {"fill", bulk, true}, {"init", bulk, true}, {"init short", bulk, true},
		{"copy", bulk - 1, false}, {"fill", bulk - 1, false}, {"init", bulk - 1, false}, {"init short", bulk - 1, false},
		{"table.copy", bulk / 8, true}, {"table.fill", bulk / 8, true}, {"table.init", bulk / 8, true}, {"table.init short", bulk / 8, true},
		{"table.copy", bulk/8 - 1, false}, {"table.fill", bulk/8 - 1, false}, {"table.init short", bulk/8 - 1, false},
	} {
		h, move := meteredMover(t, test.name)
		for range calls {
			if _, err := move.Call(context.Background(), 0, 0, test.length); err != nil {
				t.Fatal(err)
			}
		}
		if want := map[bool]int{true: calls}[test.ticks]; h.checkpoints != want {
			t.Errorf("%s of %d: %d checkpoints in %d calls, want %d", test.name, test.length, h.checkpoints, calls, want)
		}
	}
}

// meteredMover is one function of the mover with a budget of one unit.
func meteredMover(t *testing.T, name string) (*host, api.Function) {
	t.Helper()
	out, err := admit(t, mover()).Instrument(module.Meter{MaxPages: testPages, Budget: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	m, err := h.instantiate(out)
	if err != nil {
		t.Fatal(err)
	}
	return h, m.ExportedFunction(name)
}
