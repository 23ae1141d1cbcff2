package gateway

import (
	"context"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"

	"innkeeper/adapters/bundled"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/module"
)

// Modules is where modules are read: files, and what is bundled with the binary.
func Modules() artifact.Source { return artifact.Source{Bundled: bundled.Module} }

// BundledNames lists the bundled modules.
func BundledNames() []string { return bundled.Names() }

// Builtins are the bundled modules.
func Builtins(ctx context.Context) (map[string]*artifact.Artifact, error) {
	all := map[string]*artifact.Artifact{}
	for _, name := range bundled.Names() {
		a, err := Modules().Read(ctx, artifact.BuiltinPrefix+name)
		if err != nil {
			return nil, err
		}
		all[name] = a
	}
	return all, nil
}

// NewHost makes what admits and compiles modules for this host, and keeps nothing.
func NewHost(ctx context.Context, compiler artifact.Compiler, budget artifact.Budget) (*artifact.Host, error) {
	return newHost(ctx, Families(nil), artifact.Config{Compiler: compiler, Budget: func() artifact.Budget { return budget }})
}

// newHost makes a host with the families that were plugged in.
func newHost(ctx context.Context, plugs []family.Plug, cfg artifact.Config) (_ *artifact.Host, err error) {
	if cfg.Families, err = importable(ctx, plugs); err != nil {
		return nil, err
	}
	cfg.HostModules = func(families []string) ([]engine.HostModule, error) { return hostModules(plugs, families) }
	return artifact.NewHost(cfg), nil
}

// BudgetOf is what the making of one module may cost.
func BudgetOf(conf *config.Config) artifact.Budget {
	return artifact.Budget{Memory: conf.Limits.CompileMemory, Time: conf.Limits.CompileTime}
}

// OptionsOf are the adapter's limits as far as its module feels them.
func OptionsOf(conf *config.Adapter) artifact.Options {
	return artifact.Options{Memory: conf.Limits.Memory, Interpreter: conf.Limits.Engine == config.EngineInterpreter}
}

// hostModules is the code of WASI and of the families named.
func hostModules(plugs []family.Plug, families []string) ([]engine.HostModule, error) {
	tables := make([]hostcall.Table, len(plugs))
	for i, plug := range plugs {
		tables[i] = plug.Table
	}
	modules, err := hostcall.Modules(tables, func(name string) bool { return slices.Contains(families, name) })
	if err != nil {
		return nil, err
	}
	all := []engine.HostModule{wasifn.Module{}}
	for _, m := range modules {
		all = append(all, m)
	}
	return all, nil
}

// importable is everything that a module can import: WASI, which every module gets, and the families.
func importable(ctx context.Context, plugs []family.Plug) (map[string]module.Family, error) {
	wasi, err := wasiFunctions(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]module.Family{wasifn.Module{}.ImportName(): {Name: "WASI", Granted: true, Functions: wasi}}
	for _, plug := range plugs {
		functions := map[string]module.FuncType{}
		for _, f := range plug.ABI.Functions {
			functions[f.Name] = module.FuncType{Params: valueTypes(f.Wasm()), Results: []module.ValueType{module.I32}}
		}
		all[plug.ABI.Module()] = module.Family{
			Name: plug.ABI.Name, Functions: functions, Hint: fmt.Sprintf("add %q to families in the module's manifest", plug.ABI.Name),
		}
	}
	return all, nil
}

// wasiFunctions are the functions of WASI preview 1 as the host exports them, asked from the host itself.
func wasiFunctions(ctx context.Context) (map[string]module.FuncType, error) {
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	wasi := wasifn.Module{}
	builder := runtime.NewHostModuleBuilder(wasi.ImportName())
	wasi.Export(builder)
	compiled, err := builder.Compile(ctx)
	if err != nil {
		return nil, fmt.Errorf("host module[%s]: %w", wasi.ImportName(), err)
	}
	functions := map[string]module.FuncType{}
	for name, f := range compiled.ExportedFunctions() {
		functions[name] = module.FuncType{Params: valueTypes(f.ParamTypes()), Results: valueTypes(f.ResultTypes())}
	}
	return functions, nil
}

func valueTypes(types []byte) []module.ValueType {
	var out []module.ValueType
	for _, t := range types {
		out = append(out, module.ValueType(t))
	}
	return out
}
