package limits

import "time"

// Bounds on what a module may declare. All are checked before anything is
// compiled: a compiler turns small hostile files into minutes and gigabytes
// (a 448 KB module of a single function cost 34 s and 711 MB).
const (
	// ModuleBytes is the largest module file, in bytes. Go guests have 2–10 MB.
	ModuleBytes = 32 << 20

	// ModuleTypes is the most function types. Compilers share types; Go needs about 20.
	ModuleTypes = 10_000

	// ModuleTypeValues is the most parameters, and the most results, of one type.
	ModuleTypeValues = 1_000

	// ModuleImports is the most imports. All families and WASI together have under 200 functions.
	ModuleImports = 1_000

	// ModuleFunctions is the most functions with a body. A Go guest has about 5,000.
	ModuleFunctions = 100_000

	// ModuleBodyBytes is the largest body of one function, in bytes. Compile
	// time grows faster than the body does; the largest body in a Go guest
	// with encoding/json and fmt is about 30 KB.
	ModuleBodyBytes = 128 << 10

	// ModuleLocals is the most locals of one function, parameters included. A
	// body of ten bytes can ask for four billion.
	ModuleLocals = 10_000

	// ModuleNesting is the most ifs and loops that may be open inside each
	// other. The engine's compiler looks a value up through all of them: 2,000
	// nested loops, 15 KB, take 5 s. Compiled code has about six.
	ModuleNesting = 200

	// ModuleTables is the most tables. Toolchains make one.
	ModuleTables = 4

	// ModuleTableEntries is the most entries of one table, eight bytes each,
	// declared or grown. Table memory is outside the engine's memory limit,
	// so four tables of this size, 32 MiB, are the most that a guest can take
	// beside its memory. A Go guest has one entry per function.
	ModuleTableEntries = 1 << 20

	// ModuleGlobals is the most globals. Go has 8, clang 1 to 3.
	ModuleGlobals = 10_000

	// ModuleExports is the most exports. A guest needs two.
	ModuleExports = 1_000

	// ModuleElements is the most element segments.
	ModuleElements = 1_000

	// ModuleElementItems is the most functions or references in all element segments.
	ModuleElementItems = 1 << 20

	// ModuleData is the most data segments. Go's linker splits data at runs of
	// zeros and makes thousands.
	ModuleData = 100_000

	// ModuleNameBytes is the longest name of an import, export or custom section, in bytes.
	ModuleNameBytes = 1_024

	// ModuleCustoms is the most custom sections; linkers with debug data make about ten.
	ModuleCustoms = 64

	// ModuleCustomBytes is the most bytes in all custom sections: names and
	// debug data of a guest that was not stripped.
	ModuleCustomBytes = 16 << 20
)

// What the code of a module may cost its compiler, in bytes that it could allocate at most, as package module counts them in the metered
// code. What is let through is bounded by CompileMemory and CompileTime.
const (
	// CompileFunctionCost is the most for one function. The compiler allocates less than that for it, and takes up to two
	// seconds. The costliest function of a Go guest is at some 40 MB.
	CompileFunctionCost = 512 << 20

	// CompileCost is the most for the code of a small module. A guest of 60 KB is at 60 MB.
	CompileCost = 512 << 20

	// CompileCostPerByte is the most for each byte of the code of a larger one. Compilers for Go, Rust, C and Zig make 900 to 1,400;
	// modules that are made to be costly are at 5,000 to 700,000.
	CompileCostPerByte = 4000
)

// Time that the making of a module may take.
const (
	// ModuleReadBudget is the longest that the reading of a module file may take. 32 MiB from a slow network share are ten seconds.
	ModuleReadBudget = 30 * time.Second

	// ModuleCompileBudget is the longest that admission, metering and compilation of a module may take where no compiler bounds it, which
	// is in tests and benchmarks.
	ModuleCompileBudget = 5 * time.Minute
)

// Numbers of the metering that is added to every module.
const (
	// MeterBudget is the work that may pass between two calls of the host's
	// checkpoint, in units: 2 MiB of code or 256 KiB of memory moved, which is
	// 50 µs to 1 ms. A tight loop ticks every nanosecond and a Go guest takes about five
	// units every 20 ns, so both have a checkpoint about every 50 µs: seldom
	// enough to cost nothing, often enough that Go's garbage collector is not
	// held up and that the processor is shared.
	MeterBudget = 16_384

	// MeterUnit is the most work that a tick of weight one pays for, in bytes
	// of WebAssembly code: 128 of them run in 50 ns.
	MeterUnit = 128

	// MeterBulkUnit is the same for memory that a bulk instruction moves: 16 bytes
	// take a few nanoseconds when they are in no cache, and keep the memory from others.
	MeterBulkUnit = 1 << MeterBulkUnitShift

	// MeterBulkUnitShift is MeterBulkUnit's power of two, for a guest to divide with.
	MeterBulkUnitShift = 4

	// MeterBulk is the length from which a bulk instruction is moved in strides that tick, in bytes. Shorter ones, which are nearly
	// all, cost a shift and a branch.
	MeterBulk = 1 << MeterBulkShift

	// MeterBulkShift is MeterBulk's power of two, for a guest to divide with.
	MeterBulkShift = 10

	// MeterStride is how much a bulk instruction moves between two ticks, in bytes. One takes 5 to 20 µs; the engine moves
	// all of it without a chance for Go's garbage collector to stop it.
	MeterStride = 64 << 10

	// MeterLight is the largest cost of a function that does not tick when it
	// is entered, in bytes of code with that of its callees, and the most work
	// that may be left unpaid behind a call. Of the sizes tried, from 256 to
	// 8192, it makes a Go guest tick least.
	MeterLight = 512

	// ModuleDataGap is how many zero bytes may be filled in to join two data
	// segments, in bytes. Go's linker leaves gaps of 8 to 63 bytes: with 64 a
	// guest's 29,657 segments become about ten, for 12 % more bytes.
	ModuleDataGap = 64
)
