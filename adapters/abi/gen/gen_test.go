package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
)

// versions are a family in two versions, with something of everything.
func versions() []abi.Family {
	all := []abi.Param{{Name: "a", Type: abi.Handle}, {Name: "b", Type: abi.In}, {Name: "c", Type: abi.OutU32}, {Name: "d", Type: abi.I64}}
	more := []abi.Param{
		{Name: "e", Type: abi.I32}, {Name: "f", Type: abi.F64}, {Name: "g", Type: abi.Out}, {Name: "h", Type: abi.OutI64},
		{Name: "i", Type: abi.OutF64},
	}
	fields := []abi.Field{
		{Name: "n", Type: abi.FieldU32}, {Name: "m", Type: abi.FieldU64}, {Name: "x", Type: abi.FieldI64}, {Name: "y", Type: abi.FieldF64},
		{Name: "s", Type: abi.FieldString}, {Name: "b", Type: abi.FieldBytes}, {Name: "l", Type: abi.FieldStrings},
		{Name: "r", Type: abi.FieldRecord, Record: "greeting"}, {Name: "rs", Type: abi.FieldRecords, Record: "greeting"},
	}
	first := abi.Family{
		Name: "greet", Version: 1, Doc: "Greets.", Functions: []abi.Function{{Name: "hello", Params: all, Doc: "Says hello.", Result: abi.ReturnsStatus}},
		Events:  []abi.EventType{{Name: "greeted", Kind: 0x7e00, Fields: fields, Body: "words", Doc: "Somebody did."}},
		Records: []abi.Record{{Name: "greeting", Fields: fields[:2], Doc: "a greeting"}},
		Variants: []abi.Variant{{Name: "word", Doc: "a word", Cases: []abi.Case{
			{Name: "number", Tag: 1, Type: abi.FieldI64}, {Name: "text", Tag: 2, Type: abi.FieldBytes}, {Name: "none", Tag: 3},
		}}},
		Constants: []abi.Group{{Name: "tone", Type: "int32", Named: true, Doc: "tones", Constants: []abi.Constant{{Name: "low"}, {Name: "high", Value: 1}}}},
	}
	second := abi.Family{
		Name: "greet", Version: 2, Doc: "Greets better.", Functions: []abi.Function{{Name: "hello", Params: append(all, more...), Doc: "Says hello.", Result: abi.ReturnsSize}},
	}
	return []abi.Family{first, second}
}

// What is committed is what follows from the table and the limits.
func TestGeneratedIsUpToDate(t *testing.T) {
	all, err := outputs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range all {
		if there, err := os.ReadFile(out.path); err != nil || !bytes.Equal(there, out.text) {
			t.Errorf("%s is out of date: run make generate", filepath.Base(out.path))
		}
	}
}

// A later version of a family lives beside the first in all that is written for Go: it compiles together.
func TestTwoVersionsCompile(t *testing.T) {
	hand := []string{"codec.go", "errno.go", "layout.go"}
	sources := map[string]string{
		"interfaces_gen.go": interfaces(versions()), "records_gen.go": records(versions()), "constants_gen.go": constants(versions()),
	}
	for _, name := range hand {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		sources[name] = string(text)
	}
	pkg := check(t, "abi", sources)
	for _, name := range []string{"Greet", "GreetV2", "Greeted", "Greeting", "Word", "EventGreeted", "ToneHigh", "ToneName", "AppendWordText"} {
		if pkg.Scope().Lookup(name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
	guest := imports(versions())
	for _, want := range []string{"//go:wasmimport innkeeper:greet@1 hello", "//go:wasmimport innkeeper:greet@2 hello", "type wasmGreetV2 struct{}"} {
		if !strings.Contains(guest, want) {
			t.Errorf("the guest's imports lack %q", want)
		}
	}
	for _, family := range versions() {
		if _, err := format.Source([]byte(calls(family))); err != nil {
			t.Errorf("%s: %v", family.Module(), err)
		}
	}
}

func check(t *testing.T, path string, sources map[string]string) *types.Package {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for name, text := range sources {
		file, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	pkg, err := (&types.Config{Importer: standard(set)}).Check(path, set, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// The header is C, and every constant of the table is in it.
func TestHeader(t *testing.T) {
	text := header(append(abi.Families(), versions()...))
	for _, want := range []string{
		"#define INNKEEPER_EBADF 8 ", "#define INNKEEPER_EVENT_HTTP_REQUEST 0x0100", "#define INNKEEPER_FD_EVENTS 3", "#define INNKEEPER_EXIT_CONFIG 78",
		"#define INNKEEPER_MESSAGE_BINARY 2", "#define INNKEEPER_SQLITE_ROW 100", "#define INNKEEPER_SQLITE_VALUE_NULL 5",
		"#define INNKEEPER_LOG_LEVEL_DEBUG (-4)", "int32_t innkeeper_greet_hello(", "int32_t innkeeper_greet_v2_hello(", "//   path_value[] values",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the header lacks %q", want)
		}
	}
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	path := filepath.Join(t.TempDir(), "innkeeper.c")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// Attributes for WebAssembly mean nothing to a native compiler; everything else must hold.
	if out, err := exec.Command(compiler, "-fsyntax-only", "-Wall", "-Werror", "-Wno-attributes", "-Wno-unknown-attributes", "-std=c11", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Every number of the table is on the reference page, and every limit with its reason.
func TestReference(t *testing.T) {
	text := reference(abi.Families())
	for _, family := range abi.Families() {
		for _, want := range []string{"## `" + family.Module() + "`"} {
			if !strings.Contains(text, want) {
				t.Errorf("the reference lacks %q", want)
			}
		}
		for _, f := range family.Functions {
			for _, cause := range f.Errors {
				if !strings.Contains(text, cause.Errno.Error()+" if "+cause.When) {
					t.Errorf("%s.%s: the reference lacks %s", family.Name, f.Name, cause.Errno)
				}
			}
		}
	}
	bounds, err := limits(filepath.Join("..", "..", ".."), abi.Families())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| HighWaterBytes | 256 KiB | How much of one", "| CallBudget | 3s | Ends a statement", "| Turns | 8192 | One per exchange"} {
		if !strings.Contains(bounds, want) {
			t.Errorf("the limits lack %q", want)
		}
	}
}

func TestNumbersWithUnits(t *testing.T) {
	for n, want := range map[int64]string{1: "1 bytes", 1 << 10: "1 KiB", 1<<20 + 1: "1048577 bytes", 64 << 20: "64 MiB", 4 << 30: "4 GiB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1ms", 10 * time.Second: "10s", 2 * time.Minute: "2m", 90 * time.Second: "1m30s", 720 * time.Hour: "720h", 0: "0s",
	} {
		if got := durationText(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{"bind_int64": "BindInt64", "http_request": "HTTPRequest", "id": "ID", "drain_ms": "DrainMS"} {
		if got := camel(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"timeout_ns": "timeoutNS", "sql": "sql", "path_id": "pathID"} {
		if got := lower(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
