package module

// Import is a function that a module imports. The names come from whoever built the module.
type Import struct {
	Module, Name string
	Type         FuncType
}

// Imports lists what a module imports, in its order, without holding it against any policy.
func Imports(raw []byte) ([]Import, error) {
	m, err := decode(raw, DefaultLimits())
	if err != nil {
		return nil, err
	}
	list := make([]Import, len(m.imports))
	for i, imp := range m.imports {
		list[i] = Import{Module: imp.module, Name: imp.name, Type: m.types[imp.typ]}
	}
	return list, nil
}
