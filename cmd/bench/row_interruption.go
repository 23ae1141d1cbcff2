package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"innkeeper/runtime/module"
)

const interruptionAbout = "The same Go guest, doing the same work: A can be interrupted, B cannot. *Metered* is what Innkeeper " +
	"does at load time, *CloseOnContextDone* is wazero's own way. Each figure is the guest's own best of forty short runs."

// workload is what runtime/module's test guest can be asked to do, with the rounds of one short run.
type workload struct {
	name, argument string
	rounds         int
}

func workloads() []workload {
	return []workload{
		{"JSON parse, 200 bytes", "parse", 10},
		{"JSON marshal", "marshal", 50},
		{"tight loop, 4,096 turns", "sum", 50},
		{"goroutine spawn and join", "spawn", 50},
	}
}

func measureInterruption(ctx context.Context, l *lab) (lines []line, err error) {
	raw, err := l.buildGuest(ctx, "innkeeper/runtime/module/testdata/guest")
	if err != nil {
		return nil, err
	}
	metered, err := meter(ctx, raw)
	if err != nil {
		return nil, err
	}
	compiler := wazero.NewRuntimeConfigCompiler()
	var ways [3]*program
	for i, way := range []struct {
		config wazero.RuntimeConfig
		wasm   []byte
	}{{compiler, raw}, {compiler, metered}, {compiler.WithCloseOnContextDone(true), raw}} {
		if ways[i], err = compile(ctx, way.config, way.wasm); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, ways[i].runtime.Close(context.WithoutCancel(ctx))) }()
	}
	for _, work := range workloads() {
		var took [3]samples
		for range pick(l, 9, 2) {
			for i, way := range ways {
				ns, err := way.run(ctx, work)
				if err != nil {
					return nil, fmt.Errorf("work[%s]: %w", work.argument, err)
				}
				took[i] = append(took[i], ns)
			}
		}
		for i, name := range []string{1: "metered", 2: "CloseOnContextDone"} {
			if i > 0 {
				lines = append(lines, line{work.name + ": " + name, nanoseconds(took[i].median()), nanoseconds(took[0].median()), took[i].over(took[0])})
			}
		}
	}
	return lines, nil
}

// buildGuest compiles a package of this module for the sandbox.
func (l *lab) buildGuest(ctx context.Context, pkg string) ([]byte, error) {
	file := filepath.Join(l.dir, "guest.wasm")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, pkg)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build[%s]: %w\n%s", pkg, err, out)
	}
	return os.ReadFile(file)
}

// meter admits and meters a module that imports WASI only.
func meter(ctx context.Context, raw []byte) ([]byte, error) {
	functions, err := wasiTypes(ctx)
	if err != nil {
		return nil, err
	}
	admitted, err := module.Admit(raw, module.Policy{Families: map[string]module.Family{
		wasi.ModuleName: {Name: "WASI", Granted: true, Functions: functions},
	}})
	if err != nil {
		return nil, err
	}
	return admitted.Instrument(module.Meter{MaxPages: 4096})
}

func wasiTypes(ctx context.Context) (map[string]module.FuncType, error) {
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	compiled, err := wasi.NewBuilder(runtime).Compile(ctx)
	if err != nil {
		return nil, err
	}
	types := map[string]module.FuncType{}
	for name, f := range compiled.ExportedFunctions() {
		types[name] = module.FuncType{Params: moduleTypes(f.ParamTypes()), Results: moduleTypes(f.ResultTypes())}
	}
	return types, nil
}

func moduleTypes(types []api.ValueType) (out []module.ValueType) {
	for _, t := range types {
		out = append(out, module.ValueType(t))
	}
	return out
}

// program is the guest, compiled in one of the ways.
type program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

func compile(ctx context.Context, config wazero.RuntimeConfig, wasm []byte) (*program, error) {
	p := &program{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if _, err := wasi.Instantiate(ctx, p.runtime); err != nil {
		return nil, errors.Join(err, p.runtime.Close(ctx))
	}
	_, err := p.runtime.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(checkpoint), nil, nil).Export(module.MeterFunction).Instantiate(ctx)
	if err == nil {
		p.compiled, err = p.runtime.CompileModule(ctx, wasm)
	}
	if err != nil {
		return nil, errors.Join(err, p.runtime.Close(ctx))
	}
	return p, nil
}

// checkpoint does what the engine's does.
func checkpoint(ctx context.Context, _ []uint64) {
	if ctx.Err() != nil {
		panic(context.Cause(ctx))
	}
}

// run gives the nanoseconds that one unit of the work took.
func (p *program) run(ctx context.Context, work workload) (float64, error) {
	var out, errs bytes.Buffer
	guest, err := p.runtime.InstantiateModule(ctx, p.compiled, wazero.NewModuleConfig().WithName("").
		WithArgs("guest", "bench", work.argument, strconv.Itoa(work.rounds)).WithStdout(&out).WithStderr(&errs).
		WithSysNanotime().WithSysNanosleep())
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, errs.String())
	}
	if err := guest.Close(ctx); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
}
