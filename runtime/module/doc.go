// Package module decides whether a WebAssembly file may run here, and rewrites
// the ones that may so that they can be stopped.
//
//   - [Admit] decodes a file within bounds, compares its imports with what was
//     granted, and refuses everything else with an [Error] that names the byte,
//     the reason and a way out. Nothing is compiled or run for that, and no
//     allocation is sized by a number that the file merely claims.
//   - [Module.Instrument] returns the module with a meter in it: no guest runs
//     long without calling the host's checkpoint. The proof is in coverage.go.
//     The same pass caps the growth of memory and tables.
//   - [Manifest] and [AppendManifest] read and write the custom section in which
//     a module describes itself.
//
// Decoding is strict where an engine might read the same bytes differently, and
// leaves type checking to the engine, which validates what Instrument returns.
//
// The package owns the binary format. It must not know an engine, a host
// function, a configuration file or what a manifest says.
package module
