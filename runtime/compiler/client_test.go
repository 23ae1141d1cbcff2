package compiler

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/module"
)

// A real guest with large libraries is admitted and compiled with the default bounds.
func TestLargeLibraries(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compiles a large guest")
	}
	file := filepath.Join(t.TempDir(), "client.wasm")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "./testdata/client")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := module.Admit(raw, module.Policy{Families: importsOf(t, raw)})
	if err != nil {
		t.Fatal(err)
	}
	metered, err := m.Instrument(module.Meter{MaxPages: 4096})
	if err != nil {
		t.Fatal(err)
	}
	job := artifact.Job{Wasm: metered, Pages: 4096, Folder: t.TempDir(), Budget: artifact.DefaultBudget()}
	job.Time = time.Hour // the machine may be busy; it takes some seconds of it
	if err := process().Compile(t.Context(), job); err != nil {
		t.Error(err)
	}
	if len(raw) < 8<<20 {
		t.Errorf("%d bytes are not large", len(raw))
	}
}

// importsOf grants a module what it imports.
func importsOf(t *testing.T, raw []byte) map[string]module.Family {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(t.Context())
	compiled, err := r.CompileModule(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]module.Family{}
	for _, f := range compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		if families[from].Functions == nil {
			families[from] = module.Family{Name: from, Granted: true, Functions: map[string]module.FuncType{}}
		}
		families[from].Functions[name] = module.FuncType{Params: types(f.ParamTypes()), Results: types(f.ResultTypes())}
	}
	return families
}

func types(encoded []byte) (all []module.ValueType) {
	for _, t := range encoded {
		all = append(all, module.ValueType(t))
	}
	return all
}
