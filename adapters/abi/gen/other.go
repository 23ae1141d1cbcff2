package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

var cTypes = map[abi.Type]string{
	abi.Handle: "uint32_t", abi.U32: "uint32_t", abi.I32: "int32_t", abi.I64: "int64_t", abi.F64: "double",
	abi.OutU32: "uint32_t *", abi.OutI64: "int64_t *", abi.OutF64: "double *",
}

// header writes the imports for C and what C can share with it.
func header(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n//\n// The host functions for adapters in C. Compile for wasm32-wasi; see ABI.md.\n\n#ifndef INNKEEPER_H\n#define INNKEEPER_H\n\n#include <stdint.h>\n\n#define INNKEEPER_IMPORT(family, name) __attribute__((import_module(\"innkeeper:\" family \"@%d\"), import_name(name)))\n\n", generated, abi.Version)
	for _, family := range families {
		b.WriteString(comment("", family.Name+": "+family.Doc))
		for _, f := range family.Functions {
			b.WriteString("\n" + comment("", f.Doc+" Result: "+resultTexts[f.Result]+"; negative: a negated WASI errno."))
			fmt.Fprintf(&b, "INNKEEPER_IMPORT(%q, %q)\nint32_t innkeeper_%s_%s(%s);\n", family.Name, f.Name, family.Name, f.Name, cParams(f))
		}
		b.WriteString("\n")
	}
	b.WriteString("#endif\n")
	return b.String()
}

func cParams(f abi.Function) string {
	if len(f.Params) == 0 {
		return "void"
	}
	var params []string
	for _, p := range f.Params {
		switch p.Type {
		case abi.In:
			params = append(params, "const void *"+p.Name, "uint32_t "+p.Name+"_size")
		case abi.Out:
			params = append(params, "void *"+p.Name, "uint32_t "+p.Name+"_size")
		case abi.OutU32, abi.OutI64, abi.OutF64:
			params = append(params, cTypes[p.Type]+p.Name)
		default:
			params = append(params, cTypes[p.Type]+" "+p.Name)
		}
	}
	return strings.Join(params, ", ")
}

// reference writes ABI.md.
func reference(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- %s -->

# The ABI

An adapter is a WASI preview 1 command: a module with a `+"`_start`"+` and a memory named `+"`memory`"+`. It runs once, waits for events,
acts on them through the host functions below, and exits. Whatever it left open then is closed by the host.

Every function returns one i32. Negative: a negated WASI errno. Otherwise what its row says:

| result | meaning |
|---|---|
| status | %s |
| size | %s |
| count | %s |
| handle | %s |
| sqlite | %s, see <https://www.sqlite.org/rescode.html> |

Parameters in core WebAssembly types: a handle, a u32 and an i32 are one i32; an i64 and an f64 are themselves; **bytes** are two i32,
pointer and length, read by the host during the call; a **buffer** is two i32, pointer and capacity, written by the host;
an **out** parameter is one i32, the address of four (u32) or eight (i64, f64) bytes, little endian. A pointer and length that leave
the memory give EFAULT. A handle that is not live, or of another kind, gives EBADF.

Exit codes: 0 is done, the slot stops. 75 (EX_TEMPFAIL) and every other code, a trap or a stall: the host backs off and starts a
new generation. 78 (EX_CONFIG): failed, until a person or a change of the configuration asks.

`, generated, resultTexts[abi.ReturnsStatus], resultTexts[abi.ReturnsSize], resultTexts[abi.ReturnsCount], resultTexts[abi.ReturnsHandle], resultTexts[abi.ReturnsSQLite])
	for _, family := range families {
		fmt.Fprintf(&b, "## `%s`\n\n%s\n\n| function | parameters | result | what it does |\n|---|---|---|---|\n", family.Module(), family.Doc)
		for _, f := range family.Functions {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, markdownParams(f), resultNames[f.Result], f.Doc)
		}
		b.WriteString("\n")
	}
	b.WriteString(eventReference())
	return b.String()
}

var resultNames = map[abi.Result]string{abi.ReturnsStatus: "status", abi.ReturnsSize: "size", abi.ReturnsCount: "count", abi.ReturnsHandle: "handle", abi.ReturnsSQLite: "sqlite"}

var typeNames = map[abi.Type]string{
	abi.Handle: "handle", abi.U32: "u32", abi.I32: "i32", abi.I64: "i64", abi.F64: "f64", abi.In: "bytes", abi.Out: "buffer",
	abi.OutU32: "out u32", abi.OutI64: "out i64", abi.OutF64: "out f64",
}

func markdownParams(f abi.Function) string {
	var params []string
	for _, p := range f.Params {
		params = append(params, p.Name+": "+typeNames[p.Type])
	}
	return strings.Join(params, ", ")
}

func eventReference() string {
	return fmt.Sprintf(`## Events

An event is a header of %d bytes, u32 kind and u32 handle, and a payload. Numbers are little endian; a string is a u32 length and
its bytes.

| kind | name | handle | payload |
|---|---|---|---|
| %#06x | shutdown | 0 | u32 drain budget in ms, string reason |
| %#06x | predecessor ended | 0 | u64 generation; the older instance is over |
| %#06x | http request | the new exchange | string route, u32 number of path values and for each the strings name and value, strings method, path, query, request id, u32 body size |
| %#06x | http gone | the exchange | none; the client left |
| %#06x | http writable | the exchange | none; a stream that gave EAGAIN takes bytes again |
| %#06x | http message | the exchange, a WebSocket | u32 1 text or 2 binary, the message to the end |
| %#06x | agent text | the turn | UTF-8 to the end; pieces not fetched yet are joined |
| %#06x | agent reasoning | the turn | UTF-8 to the end |
| %#06x | agent refusal | the turn | UTF-8 to the end |
| %#06x | agent tool call | the turn | u32 index, string id, string name, a fragment of the arguments to the end |
| %#06x | agent done | the turn, now closed | JSON: finish_reason, model, usage |
| %#06x | agent failed | the turn, now closed | JSON: status, type, code, message, param, retry_after_ms |
| %#06x | settings changed | 0 | none; config.read gives the new ones |
`, abi.EventHeaderSize, abi.EventShutdown, abi.EventPredecessorEnded, abi.EventHTTPRequest, abi.EventHTTPGone, abi.EventHTTPWritable, abi.EventHTTPMessage, abi.EventAgentText,
		abi.EventAgentReasoning, abi.EventAgentRefusal, abi.EventAgentToolCall, abi.EventAgentDone, abi.EventAgentFailed, abi.EventSettingsChanged)
}
