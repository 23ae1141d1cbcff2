package gateway

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/bundled"
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

// NewHost makes what admits and compiles modules for this host; a nil cache keeps nothing.
func NewHost(ctx context.Context, cache *artifact.Cache) (*artifact.Host, error) {
	families, err := families(ctx)
	if err != nil {
		return nil, err
	}
	return artifact.NewHost(artifact.Config{Families: families, HostModules: hostModules, Cache: cache}), nil
}

// OptionsOf are the adapter's limits as far as its module feels them.
func OptionsOf(conf *config.Adapter) artifact.Options {
	return artifact.Options{Memory: conf.Limits.Memory, Interpreter: conf.Limits.Engine == config.EngineInterpreter}
}

// hostModules is the code of WASI and of the families named.
func hostModules(families []string) ([]engine.HostModule, error) {
	modules, err := hostcall.Modules(families)
	if err != nil {
		return nil, err
	}
	all := []engine.HostModule{wasifn.Module{}}
	for _, m := range modules {
		all = append(all, m)
	}
	return all, nil
}

// families is everything that a module can import: WASI, which every module gets, and what the table of the ABI has.
func families(ctx context.Context) (map[string]module.Family, error) {
	wasi, err := wasiFunctions(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]module.Family{wasifn.Module{}.ImportName(): {Name: "WASI", Granted: true, Functions: wasi}}
	for _, family := range abi.Families() {
		functions := map[string]module.FuncType{}
		for _, f := range family.Functions {
			functions[f.Name] = module.FuncType{Params: valueTypes(f.Wasm()), Results: []module.ValueType{module.I32}}
		}
		all[family.Module()] = module.Family{
			Name: family.Name, Functions: functions, Hint: fmt.Sprintf("add %q to families in the module's manifest", family.Name),
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
