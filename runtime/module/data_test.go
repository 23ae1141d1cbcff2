package module_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// segment is bytes at an address.
type segment struct {
	at      int
	content string
}

// Joined or not, the memory holds the same after instantiation.
func TestDataSegmentsAreJoined(t *testing.T) {
	for name, test := range map[string]struct {
		segments []segment
		want     int
	}{
		"none":                  {nil, 0},
		"one":                   {[]segment{{2000, "a"}}, 1},
		"side by side":          {[]segment{{2000, "ab"}, {2002, "cd"}}, 1},
		"near":                  {[]segment{{2000, "ab"}, {2066, "cd"}}, 1},
		"far":                   {[]segment{{2000, "ab"}, {2067, "cd"}}, 2},
		"out of order":          {[]segment{{2100, "z"}, {2000, "a"}, {2050, "m"}, {2020, "g"}}, 1},
		"a gap that is taken":   {[]segment{{2010, "taken"}, {2000, "a"}, {2020, "b"}}, 1},
		"overlap":               {[]segment{{2000, "aaaa"}, {2002, "bb"}, {2010, "c"}}, 3},
		"overlap, out of order": {[]segment{{2002, "bb"}, {2000, "aaaa"}}, 2},
		"to the last byte":      {[]segment{{1<<16 - 10, "a"}, {1<<16 - 1, "b"}}, 1},
		"empty ones":            {[]segment{{2000, ""}, {2000, ""}, {2001, "a"}}, 1},
		"thousands":             {manySegments(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			for _, s := range test.segments {
				b.Data(s.at, s.content)
			}
			b.Main("")
			before := b.Build()
			after := instrument(t, before)
			if !bytes.Equal(initialMemory(t, before), initialMemory(t, after)) {
				t.Error("the memory holds something else")
			}
			if got := countSegments(t, after); got != test.want {
				t.Errorf("%d segments, want %d", got, test.want)
			}
		})
	}
}

func manySegments() (all []segment) {
	for at := 60000; at > 2000; at -= 20 {
		all = append(all, segment{at, "x" + strings.Repeat("y", at%7)})
	}
	return all
}

// Segments that the code may name keep their numbers.
func TestNamedDataSegmentsAreLeftAlone(t *testing.T) {
	const dropData0 = "\xfc\x09\x00"
	raw := wt.Header + wt.Section(wt.SecType, wt.Vec("\x60\x00\x00")) + wt.Section(wt.SecFunction, wt.Vec(wt.U32(0))) +
		wt.Section(wt.SecMemory, wt.Vec("\x00\x01")) +
		wt.Section(wt.SecExport, wt.Vec(wt.Name("_start")+"\x00\x00", wt.Name("memory")+"\x02\x00")) +
		wt.Section(wt.SecDataCount, wt.U32(2)) + wt.Section(wt.SecCode, wt.Vec(wt.Name("\x00"+dropData0+"\x0b"))) +
		wt.Section(wt.SecData, wt.Vec("\x00\x41\x00\x0b"+wt.Name("a"), "\x00\x41\x01\x0b"+wt.Name("b")))
	if got := countSegments(t, instrument(t, []byte(raw))); got != 2 {
		t.Errorf("%d segments, want 2", got)
	}
}

func initialMemory(t *testing.T, raw []byte) []byte {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	_, err := r.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().WithFunc(func() {}).Export(module.MeterFunction).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	guest, err := r.InstantiateWithConfig(ctx, raw, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	memory, _ := guest.Memory().Read(0, guest.Memory().Size())
	return bytes.Clone(memory)
}

// countSegments reads the count at the head of the data section.
func countSegments(t *testing.T, raw []byte) int {
	t.Helper()
	leb := func(b []byte) (n, size int) {
		for shift := 0; ; shift += 7 {
			n |= int(b[size]&0x7f) << shift
			if size++; b[size-1] < 0x80 {
				return n, size
			}
		}
	}
	for rest := raw[8:]; len(rest) > 0; {
		size, n := leb(rest[1:])
		if rest[0] == wt.SecData {
			count, _ := leb(rest[1+n:])
			return count
		}
		rest = rest[1+n+size:]
	}
	return 0
}
