// Package wasmtest builds small WebAssembly modules for tests, the way
// net/http/httptest builds servers: puppet guests that call host functions in
// a given order, hostile guests, and modules that are not modules.
//
//	b := wasmtest.New()
//	open := b.Import("innkeeper:sqlite@1", "open", wasmtest.I32x(3), wasmtest.I32)
//	ptr, n := b.String("main")
//	b.Main("",
//		wasmtest.I32Const(ptr), wasmtest.I32Const(n), wasmtest.I32Const(b.Reserve(4)),
//		wasmtest.Call(open), wasmtest.Drop,
//	)
//	raw := b.Build()
//
// Code and Types are strings of encoded bytes, so they are constants, compare
// with == and join with +. Misuse (an import after a function, a function
// declared and never defined) panics, since only tests call this package.
// The builder does not validate: it will build what an engine must refuse.
//
// It knows the binary format only. It must not know wazero, admission or any
// host function.
package wasmtest
