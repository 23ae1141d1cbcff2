package module_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// minimal returns the smallest module that is admitted.
func minimal() *wt.Builder {
	b := wt.New()
	b.Main("")
	return b
}

// parts builds a module of raw sections behind the header.
func parts(sections ...string) string { return wt.Header + strings.Join(sections, "") }

const (
	typeVoid    = "\x01\x60\x00\x00"                         // one type, () -> ()
	oneFunction = "\x01\x00"                                 // one function of type 0
	oneMemory   = "\x01\x00\x01"                             // one memory of one page
	exportBoth  = "\x02\x06_start\x00\x00\x06memory\x02\x00" // function 0 and memory 0
	emptyBody   = "\x01\x02\x00\x0b"                         // one body: no locals, end
)

// withCode is a module of hand-made sections; code replaces the code section's content.
func withCode(code string) string {
	return parts(wt.Section(wt.SecType, typeVoid), wt.Section(wt.SecFunction, oneFunction),
		wt.Section(wt.SecMemory, oneMemory), wt.Section(wt.SecExport, exportBoth), wt.Section(wt.SecCode, code))
}

func withBody(body string) string { return withCode(wt.Vec(wt.Name(body))) }

func TestMinimalModulesAreAdmitted(t *testing.T) {
	raw := minimal().Build()
	if m := admit(t, raw); m.Hash != sha256.Sum256(raw) {
		t.Error("hash is not that of the file")
	}
	admit(t, []byte(withCode(emptyBody)))
}

// What is no module, or a broken one: row by row a code and the byte.
func TestBrokenFilesAreRefusedWithCodeAndOffset(t *testing.T) {
	types := wt.Section(wt.SecType, typeVoid)
	for _, c := range []struct {
		name, file string
		code       module.Code
		offset     int
	}{
		{"empty file", "", module.CodeEmpty, 0},
		{"four bytes", "\x00asm", module.CodeShort, 4},
		{"two bytes of the magic", "\x00a", module.CodeShort, 2},
		{"some short binary", "\xff\xfe\x00", module.CodeShort, 3},
		{"text", "(module (func))\n", module.CodeText, 0},
		{"short text", "hi", module.CodeText, 0},
		{"HTML with umlauts", "<!DOCTYPE html><title>Nicht gefunden – möglich</title>" + strings.Repeat("ä", 200), module.CodeText, 0},
		{"ELF", "\x7fELF\x02\x01\x01\x00\x00\x00", module.CodeMagic, 0},
		{"component", "\x00asm\x0d\x00\x01\x00", module.CodeComponent, 4},
		{"version 2", "\x00asm\x02\x00\x00\x00", module.CodeVersion, 4},
		{"section without size", wt.Header + "\x01", module.CodeTruncated, 9},
		{"section cut off", parts("\x01\x05\x01\x60"), module.CodeTruncated, 10},
		{"section size of six bytes", parts("\x01\x84\x80\x80\x80\x80\x00\x01\x60\x00\x00"), module.CodeLEB, 9},
		{"section size above 32 bits", parts("\x01\xff\xff\xff\xff\x1f"), module.CodeLEB, 9},
		{"section twice", parts(types, types), module.CodeDuplicate, 14},
		{"sections out of order", parts(wt.Section(wt.SecFunction, "\x00"), types), module.CodeOrder, 11},
		{"data count behind code", parts(types, wt.Section(wt.SecFunction, oneFunction), wt.Section(wt.SecCode, emptyBody),
			wt.Section(wt.SecDataCount, "\x00")), module.CodeOrder, 24},
		{"tag section", parts("\x0d\x00"), module.CodeFeature, 8},
		{"unknown section", parts("\x63\x00"), module.CodeSection, 8},
		{"section longer than its content", parts(wt.Section(wt.SecType, typeVoid+"\x00")), module.CodeSize, 14},
		{"section shorter than its content", parts(wt.Section(wt.SecType, "\x01\x60\x00")), module.CodeTruncated, 13},
		{"count beyond the section", parts(wt.Section(wt.SecType, "\x90\x4e\x60\x00\x00")), module.CodeTruncated, 10},
		{"no function type", parts(wt.Section(wt.SecType, "\x01\x5f\x00\x00")), module.CodeEncoding, 11},
		{"no value type", parts(wt.Section(wt.SecType, "\x01\x60\x01\x40\x00")), module.CodeEncoding, 13},
		{"type index", parts(types, wt.Section(wt.SecFunction, "\x01\x01")), module.CodeIndex, 17},
		{"functions without code", parts(types, wt.Section(wt.SecFunction, oneFunction)), module.CodeMismatch, 18},
		{"custom section name not UTF-8", parts(wt.Section(wt.SecCustom, "\x02\xff\xfe")), module.CodeEncoding, 13},
		{"custom section name cut off", parts(wt.Section(wt.SecCustom, "\x09ab")), module.CodeTruncated, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := module.Admit([]byte(c.file), policy())
			if e := refused(t, err, c.code); e.Offset != c.offset {
				t.Errorf("%v: offset %d, want %d", e, e.Offset, c.offset)
			}
		})
	}
}

func TestBrokenCodeIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, body string
		code       module.Code
	}{
		{"no end", "\x00\x01", module.CodeTruncated},
		{"bytes behind the end", "\x00\x0b\x01", module.CodeSize},
		{"open block", "\x00\x02\x40\x0b", module.CodeTruncated},
		{"unknown instruction", "\x00\xff\x0b", module.CodeEncoding},
		{"tail call", "\x00\x12\x00\x0b", module.CodeFeature},
		{"try_table", "\x00\x1f\x40\x00\x0b\x0b", module.CodeFeature},
		{"atomic", "\x00\xfe\x03\x00\x0b", module.CodeFeature},
		{"unknown misc instruction", "\x00\xfc\x12\x0b", module.CodeEncoding},
		{"padded vector instruction", "\x00\xfd\x8c\x80\x00\x0b", module.CodeEncoding},
		{"label", "\x00\x0c\x01\x0b", module.CodeIndex},
		{"label in a table", "\x00\x41\x00\x0e\x01\x00\x07\x0b", module.CodeIndex},
		{"table of labels beyond the body", "\x00\x41\x00\x0e\xff\xff\xff\xff\x0f\x0b", module.CodeTruncated},
		{"function", "\x00\x10\x01\x0b", module.CodeIndex},
		{"reference to a function", "\x00\xd2\x01\x1a\x0b", module.CodeIndex},
		{"local", "\x00\x20\x00\x1a\x0b", module.CodeIndex},
		{"global", "\x00\x23\x00\x1a\x0b", module.CodeIndex},
		{"table", "\x00\xfc\x10\x00\x1a\x0b", module.CodeIndex},
		{"call through no table", "\x00\x41\x00\x11\x00\x00\x0b", module.CodeIndex},
		{"data segment without data count", "\x00\xfc\x09\x00\x0b", module.CodeIndex},
		{"block type", "\x00\x02\x41\x0b\x0b", module.CodeEncoding},
		{"block type in two bytes", "\x00\x02\xc0\x7f\x0b\x0b", module.CodeEncoding},
		{"block type index", "\x00\x02\x05\x0b\x0b", module.CodeIndex},
		{"i32.const of six bytes", "\x00\x41\x80\x80\x80\x80\x80\x00\x1a\x0b", module.CodeLEB},
		{"i32.const above 32 bits", "\x00\x41\xff\xff\xff\xff\x0f\x1a\x0b", module.CodeLEB},
		{"memory 1", "\x00\x3f\x01\x1a\x0b", module.CodeFeature},
		{"memarg with a memory", "\x00\x41\x00\x28\x42\x00\x00\x1a\x0b", module.CodeEncoding},
		{"four billion locals", "\x01\xff\xff\xff\xff\x0f\x7f\x0b", module.CodeLimit},
		{"locals in many runs", "\x02\x88\x27\x7f\x89\x27\x7f\x0b", module.CodeLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := module.Admit([]byte(withBody(c.body)), policy())
			if e := refused(t, err, c.code); e.Offset < 8 {
				t.Errorf("%v: offset in the header", e)
			}
		})
	}
	t.Run("body cut off", func(t *testing.T) {
		_, err := module.Admit([]byte(withCode("\x01\x70\x00\x0b")), policy())
		refused(t, err, module.CodeTruncated)
	})
}

// A prefix is refused unless it ends where the rest is optional; none makes the
// decoder read past its end.
func TestPrefixesAreRefused(t *testing.T) {
	raw := kitchenSink()
	admit(t, raw)
	var admitted []int
	for n := range raw {
		if _, err := module.Admit(raw[:n:n], policy()); err == nil {
			admitted = append(admitted, n)
		}
	}
	// The ends of the code, data and first custom section.
	if len(admitted) != 3 {
		t.Errorf("prefixes of %v bytes were admitted, want three", admitted)
	}
}

func TestImports(t *testing.T) {
	for _, c := range []struct {
		name, module, function string
		params, results        wt.Types
		code                   module.Code
		message, hint          string
	}{
		{"ungranted family", "innkeeper:http@1", "respond", wt.I32x(4), wt.I32, module.CodeNotGranted,
			"module imports innkeeper:http@1.respond, but family http is not granted", `add "http" to the adapter's families`},
		{"unknown family", "innkeeper:sqlit@1", "open", wt.I32x(3), wt.I32, module.CodeUnknownFamily,
			"there is no innkeeper:sqlit@1", "did you mean innkeeper:sqlite@1?"},
		{"later version", "innkeeper:sqlite@2", "open", wt.I32x(3), wt.I32, module.CodeUnknownFamily,
			"there is no innkeeper:sqlite@2", "did you mean innkeeper:sqlite@1?"},
		{"nothing like it", "go", "debug", wt.I32, "", module.CodeUnknownFamily,
			"there is no go", "there are env, innkeeper:http@1, innkeeper:sqlite@1, wasi_snapshot_preview1"},
		{"unknown function", "innkeeper:sqlite@1", "prepair", wt.I32x(4), wt.I32, module.CodeUnknownFunction,
			"family sqlite has no function prepair", "did you mean sqlite.prepare (i32, i32, i32, i32) -> i32?"},
		{"refused part of WASI", "wasi_snapshot_preview1", "path_open", wt.I32x(9), wt.I32, module.CodeUnknownFunction,
			"family WASI has no function path_open", ""},
		{"other signature", "innkeeper:sqlite@1", "open", wt.I32x(2), wt.I32, module.CodeSignature,
			"sqlite.open has type (i32, i32, i32) -> i32, the module declares (i32, i32) -> i32", "build the module"},
		{"other result", "env", "note", wt.I32, wt.I64, module.CodeSignature,
			"env.note has type (i32) -> (), the module declares (i32) -> i64", ""},
		{"the meter", module.MeterModule, module.MeterFunction, "", "", module.CodeUnknownFamily, "adds by itself", ""},
		{"control characters", "a\n\x1b[31m", "x", "", "", module.CodeUnknownFamily, `"a\n\x1b[31m"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := wt.New()
			b.Import(c.module, c.function, c.params, c.results)
			b.Main("")
			_, err := module.Admit(b.Build(), policy())
			e := refused(t, err, c.code)
			if !strings.Contains(e.Error(), c.message) || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("got %q, hint %q; want %q, hint %q", e, e.Hint, c.message, c.hint)
			}
		})
	}
}

func TestOnlyFunctionsAreImported(t *testing.T) {
	for kind, desc := range map[string]string{
		"table": "\x01\x70\x00\x01", "memory": "\x02\x00\x01", "global": "\x03\x7f\x00", "tag": "\x04\x00\x00",
	} {
		file := parts(wt.Section(wt.SecImport, "\x01"+wt.Name("env")+wt.Name("note")+desc))
		_, err := module.Admit([]byte(file), policy())
		if e := refused(t, err, module.CodeImportKind); !strings.Contains(e.Msg, "imports a "+kind+", env.note") {
			t.Error(e)
		}
	}
}

func TestExports(t *testing.T) {
	noStart := wt.New()
	noStart.Func("main", "", "", "")
	reactor := wt.New()
	reactor.Func("_initialize", "", "", "")
	typed := wt.New()
	typed.Func("_start", wt.I32, "", "")
	memory := wt.New()
	memory.Main("")
	memory.NoMemory()
	hidden := &wt.Builder{}
	hidden.Memory(1)
	hidden.Main("")
	wrongKind := wt.New()
	wrongKind.Export("_start", wt.KindMemory, 0)
	twice := minimal()
	twice.Export("memory", wt.KindMemory, 0)
	for name, c := range map[string]struct {
		b       *wt.Builder
		code    module.Code
		message string
	}{
		"no _start":             {noStart, module.CodeExport, "does not export _start"},
		"a reactor":             {reactor, module.CodeExport, "does not export _start"},
		"_start of other type":  {typed, module.CodeExport, "type (i32) -> (), wanted () -> ()"},
		"_start is no function": {wrongKind, module.CodeExport, "is a memory"},
		"no memory":             {memory, module.CodeExport, "no memory"},
		"memory not exported":   {hidden, module.CodeExport, "under the name memory"},
		"export twice":          {twice, module.CodeDuplicate, "memory appears twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := module.Admit(c.b.Build(), policy())
			if e := refused(t, err, c.code); !strings.Contains(e.Msg, c.message) {
				t.Errorf("got %v, want %q", e, c.message)
			}
		})
	}
}

func TestStartSectionIsChecked(t *testing.T) {
	b := wt.New()
	b.StartSection(b.Func("", wt.I32, "", ""))
	b.Main("")
	_, err := module.Admit(b.Build(), policy())
	refused(t, err, module.CodeSignature)

	b = minimal()
	b.StartSection(7)
	_, err = module.Admit(b.Build(), policy())
	refused(t, err, module.CodeIndex)
}

func TestMemoryAndTables(t *testing.T) {
	section := func(id byte, content string) string { return parts(wt.Section(id, content)) }
	for name, c := range map[string]struct {
		file string
		code module.Code
	}{
		"shared memory":            {section(wt.SecMemory, "\x01\x03\x01\x02"), module.CodeFeature},
		"64-bit memory":            {section(wt.SecMemory, "\x01\x04\x01"), module.CodeFeature},
		"two memories":             {section(wt.SecMemory, "\x02\x00\x01\x00\x01"), module.CodeFeature},
		"maximum above 4 GiB":      {section(wt.SecMemory, "\x01\x01\x00\x81\x80\x04"), module.CodeEncoding},
		"maximum below minimum":    {section(wt.SecMemory, "\x01\x01\x02\x01"), module.CodeEncoding},
		"memory minimum of 4 GiB":  {section(wt.SecMemory, "\x01\x00\x80\x80\x04"), module.CodeLimit},
		"table minimum of 2^27":    {section(wt.SecTable, "\x01\x70\x00\x80\x80\x80\x40"), module.CodeLimit},
		"five tables":              {section(wt.SecTable, "\x05"+strings.Repeat("\x70\x00\x01", 5)), module.CodeLimit},
		"table of i32":             {section(wt.SecTable, "\x01\x7f\x00\x01"), module.CodeEncoding},
		"table with initial value": {section(wt.SecTable, "\x01\x40\x00\x70\x00\x01\xd0\x70\x0b"), module.CodeEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := module.Admit([]byte(c.file), policy())
			refused(t, err, c.code)
		})
	}
}

// oversized returns files that are large, or claim to be.
func oversized() map[string]string {
	many := func(n int, item string) string { return wt.U32(uint32(n)) + strings.Repeat(item, n) }
	types := wt.Section(wt.SecType, typeVoid)
	return map[string]string{
		"file too large":         parts(wt.Section(wt.SecMemory, oneMemory), wt.Section(wt.SecData, "\x01\x01"+wt.Name(strings.Repeat("x", 32<<20)))),
		"a million functions":    parts(types, wt.Section(wt.SecFunction, many(1_000_000, "\x00")), wt.Section(wt.SecCode, many(1_000_000, "\x02\x00\x0b"))),
		"a million bodies":       parts(wt.Section(wt.SecCode, many(1_000_000, "\x02\x00\x0b"))),
		"100,000 imports":        parts(types, wt.Section(wt.SecImport, many(100_000, "\x03env\x04note\x00\x00"))),
		"one giant body":         withBody("\x00" + strings.Repeat("\x01", 448<<10) + "\x0b"),
		"large custom sections":  parts(wt.Section(wt.SecCustom, "\x01x"+strings.Repeat("x", 17<<20))),
		"many custom sections":   parts(strings.Repeat(wt.Section(wt.SecCustom, "\x01x"), 100)),
		"long custom name":       parts(wt.Section(wt.SecCustom, wt.Name(strings.Repeat("x", 2000)))),
		"20,000 types":           parts(wt.Section(wt.SecType, many(20_000, "\x60\x00\x00"))),
		"2,000 parameters":       parts(wt.Section(wt.SecType, "\x01\x60"+many(2_000, "\x7f")+"\x00")),
		"20,000 globals":         parts(wt.Section(wt.SecGlobal, many(20_000, "\x7f\x00\x41\x00\x0b"))),
		"long import name":       parts(types, wt.Section(wt.SecImport, "\x01"+wt.Name(strings.Repeat("x", 2000))+"\x01x\x00\x00")),
		"element segments":       parts(types, wt.Section(wt.SecElement, many(2_000, "\x01\x00\x00"))),
		"a million elements":     parts(types, wt.Section(wt.SecFunction, "\x01\x00"), wt.Section(wt.SecElement, "\x01\x01\x00"+many(1<<20+1, "\x00")), wt.Section(wt.SecCode, "\x01\x02\x00\x0b")),
		"200,000 data segments":  parts(wt.Section(wt.SecMemory, oneMemory), wt.Section(wt.SecData, many(200_000, "\x01\x00"))),
		"2,000 exports":          parts(wt.Section(wt.SecMemory, oneMemory), wt.Section(wt.SecExport, many(2_000, "\x01x\x02\x00"))),
		"loops in loops":         withBody("\x00" + strings.Repeat("\x03\x40", 300) + strings.Repeat("\x0b", 301)),
		"count of 2^32-1 types":  parts(wt.Section(wt.SecType, "\xff\xff\xff\xff\x0f")),
		"count of 2^32-1 bodies": parts(wt.Section(wt.SecCode, "\xff\xff\xff\xff\x0f")),
	}
}

// Each is refused before anything of the claimed size is made.
func TestOversizedModulesAreRefused(t *testing.T) {
	for name, file := range oversized() {
		t.Run(name, func(t *testing.T) {
			_, err := module.Admit([]byte(file), policy())
			refused(t, err, module.CodeLimit)
		})
	}
}

func TestElementItemsAreBoundedTogether(t *testing.T) {
	lim := module.DefaultLimits()
	lim.ElementItems = 3
	build := func(n int) []byte {
		b := wt.New()
		table := b.Table(wt.FuncRef, 10)
		f := b.Main("")
		b.Elem(table, 0, f, f)
		b.Elem(table, 2, make([]uint32, n)...)
		return b.Build()
	}
	if _, err := module.Admit(build(1), module.Policy{Limits: lim}); err != nil {
		t.Error(err)
	}
	_, err := module.Admit(build(2), module.Policy{Limits: lim})
	refused(t, err, module.CodeLimit)
}

func TestAdmitDoesNotChangeTheFile(t *testing.T) {
	raw := kitchenSink()
	before := bytes.Clone(raw)
	instrument(t, raw)
	if !bytes.Equal(raw, before) {
		t.Error("file was changed")
	}
}
