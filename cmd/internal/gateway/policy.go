package gateway

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
)

// policy says what a module with this manifest may import: everything that exists is known, so that a refusal can say what
// is missing, and what the manifest names is granted.
func (l *Loader) policy(m *manifest.Manifest) module.Policy {
	families := map[string]module.Family{wasiName: {Name: "WASI", Granted: true, Functions: l.wasi}}
	granted := map[string]bool{}
	for _, name := range m.Families {
		granted[name] = true
	}
	for _, family := range abi.Families() {
		functions := map[string]module.FuncType{}
		for _, f := range family.Functions {
			var params []module.ValueType
			for _, t := range f.Wasm() {
				params = append(params, module.ValueType(t))
			}
			functions[f.Name] = module.FuncType{Params: params, Results: []module.ValueType{module.I32}}
		}
		families[family.Module()] = module.Family{
			Name: family.Name, Granted: granted[family.Name], Functions: functions,
			Hint: fmt.Sprintf("add %q to families in the module's manifest", family.Name),
		}
	}
	return module.Policy{Families: families}
}

const wasiName = "wasi_snapshot_preview1"

// wasiFunctions are the functions of WASI preview 1 as the host exports them, asked from the host itself.
func wasiFunctions(ctx context.Context) (map[string]module.FuncType, error) {
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	builder := runtime.NewHostModuleBuilder(wasiName)
	wasifn.Module{}.Export(builder)
	compiled, err := builder.Compile(ctx)
	if err != nil {
		return nil, fmt.Errorf("host module[%s]: %w", wasiName, err)
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
