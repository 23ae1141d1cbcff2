package module

import "innkeeper/runtime/limits"

// Policy is what a module may be and may ask for.
type Policy struct {
	// Families are the import modules that exist here, by import module name,
	// such as "innkeeper:sqlite@1" or "wasi_snapshot_preview1", whether granted
	// or not. A module that imports anything else is refused.
	Families map[string]Family

	// Limits bound the module; the zero value stands for [DefaultLimits].
	Limits Limits
}

// Family is a group of host functions under one import module name.
type Family struct {
	Name      string              // in messages: "sqlite", "WASI"
	Granted   bool                // whether this adapter may import from it
	Functions map[string]FuncType // all functions by name, with the wanted type
	Hint      string              // what an operator does to grant it
}

// Limits bound what a module declares. Counts are inclusive.
type Limits struct {
	Bytes        int // of the file
	Types        int
	TypeValues   int // parameters, and results, of one type
	Imports      int
	Functions    int // with a body
	BodyBytes    int // of one function
	Locals       int // of one function, with parameters
	Nesting      int // ifs and loops inside each other
	Tables       int
	TableEntries int // of one table: its minimum, and the cap on its growth
	MemoryPages  int // of 64 KiB: the largest declared minimum
	Globals      int
	Exports      int
	Elements     int // segments
	ElementItems int // in all segments
	Data         int // segments
	NameBytes    int // of one name
	Customs      int // sections
	CustomBytes  int // in all custom sections
}

// DefaultLimits returns the bounds of package limits.
func DefaultLimits() Limits {
	return Limits{
		Bytes:        limits.ModuleBytes,
		Types:        limits.ModuleTypes,
		TypeValues:   limits.ModuleTypeValues,
		Imports:      limits.ModuleImports,
		Functions:    limits.ModuleFunctions,
		BodyBytes:    limits.ModuleBodyBytes,
		Locals:       limits.ModuleLocals,
		Nesting:      limits.ModuleNesting,
		Tables:       limits.ModuleTables,
		TableEntries: limits.ModuleTableEntries,
		MemoryPages:  limits.MemoryBytes / limits.MemoryPageBytes,
		Globals:      limits.ModuleGlobals,
		Exports:      limits.ModuleExports,
		Elements:     limits.ModuleElements,
		ElementItems: limits.ModuleElementItems,
		Data:         limits.ModuleData,
		NameBytes:    limits.ModuleNameBytes,
		Customs:      limits.ModuleCustoms,
		CustomBytes:  limits.ModuleCustomBytes,
	}
}
