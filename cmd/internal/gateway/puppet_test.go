package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// puppet builds a tiny guest that calls host functions in a given order. Functions are imported as they are used.
type puppet struct {
	b       *wt.Builder
	imports map[string]uint32
	events  int // buffer for events
	out     int // room for the results of host functions, sixteen bytes
}

// Sizes of a puppet's buffers, and the exit code with which it says that a host function did not do what it should.
const (
	eventBytes = 8 << 10
	unexpected = 99
)

func newPuppet() *puppet {
	p := &puppet{b: wt.New(), imports: map[string]uint32{}}
	p.out = p.b.Reserve(16)
	p.events = p.b.Reserve(eventBytes)
	return p
}

// host calls a host function, such as "sqlite.open", and leaves its result.
func (p *puppet) host(name string, args ...wt.Code) wt.Code {
	family, function, _ := strings.Cut(name, ".")
	index, known := p.imports[name]
	if !known {
		index = p.b.Import(abi.ModulePrefix+family+"@1", function, parameters(family, function), wt.I32)
		p.imports[name] = index
	}
	return join(args...) + wt.Call(index)
}

func parameters(family, function string) wt.Types {
	for _, row := range abi.Families() {
		for _, declared := range row.Functions {
			if row.Name == family && declared.Name == function {
				return wt.Types(declared.Wasm())
			}
		}
	}
	panic("no host function " + family + "." + function)
}

// text pushes address and length of a string.
func (p *puppet) text(s string) wt.Code {
	at, n := p.b.String(s)
	return wt.I32Const(at) + wt.I32Const(n)
}

// result pushes the address of the i-th word of the results; loaded, its content.
func (p *puppet) result(i int) wt.Code { return wt.I32Const(p.out + 4*i) }
func (p *puppet) loaded(i int) wt.Code { return p.result(i) + wt.I32Load }

// exit ends the guest.
func (p *puppet) exit(code int) wt.Code {
	index, known := p.imports["exit"]
	if !known {
		index = p.b.ProcExit()
		p.imports["exit"] = index
	}
	return wt.I32Const(code) + wt.Call(index)
}

// must runs code that leaves a result and ends the guest unless it is want.
func (p *puppet) must(want int, code wt.Code) wt.Code {
	return code + wt.I32Const(want) + wt.I32Ne + wt.If(p.exit(unexpected))
}

// positive is must for a handle or a size.
func (p *puppet) positive(code wt.Code) wt.Code {
	return code + wt.I32Const(0) + wt.I32LeS + wt.If(p.exit(unexpected))
}

// ready says that the guest can serve.
func (p *puppet) ready() wt.Code { return p.must(0, p.host("lifecycle.ready")) }

// await waits for an event of a kind, whose handle is loaded with eventHandle then. A shutdown ends the guest.
func (p *puppet) await(kind abi.EventKind) wt.Code {
	return wt.Block(wt.Loop(
		p.host("event.wait", wt.I64Const(-1)), wt.Drop,
		p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.I32Const(0), wt.I32LtS, wt.BrIf(0),
		wt.I32Const(p.events), wt.I32Load, wt.I32Const(uint32(kind)), wt.I32Eq, wt.BrIf(1),
		wt.I32Const(p.events), wt.I32Load, wt.I32Const(uint32(abi.EventShutdown)), wt.I32Eq, wt.If(p.exit(0)),
		wt.Br(0),
	))
}

func (p *puppet) eventHandle() wt.Code { return wt.I32Const(p.events+4) + wt.I32Load }

// idle waits until the guest is told to end, and ends.
func (p *puppet) idle() wt.Code { return p.await(abi.EventShutdown) + p.exit(0) }

// openDatabase leaves a connection open; its handle is in result 0.
func (p *puppet) openDatabase() wt.Code {
	return p.must(0, p.host("sqlite.open", p.text("main"), p.result(0)))
}

func (p *puppet) exec(sql string) wt.Code {
	return p.must(0, p.host("sqlite.exec", p.loaded(0), p.text(sql)))
}

// prepare leaves a statement open; its handle is in result 1.
func (p *puppet) prepare(sql string) wt.Code {
	return p.must(0, p.host("sqlite.prepare", p.loaded(0), p.text(sql), p.result(1), p.result(2)))
}

func (p *puppet) step(want int) wt.Code { return p.must(want, p.host("sqlite.step", p.loaded(1))) }

// ask leaves a turn open.
func (p *puppet) ask() wt.Code {
	return p.positive(p.host("agent.start", p.text(`{"model":"m","messages":[{"role":"user","content":"hello"}]}`)))
}

// respond answers the exchange of the last event.
func (p *puppet) respond(body string) wt.Code {
	return p.must(0, p.host("http.respond", p.eventHandle(), wt.I32Const(200), p.text("content-type: text/plain\n"), p.text(body)))
}

// serve answers every request with the same body until the guest is told to end.
func (p *puppet) serve(body string) wt.Code {
	return p.ready() + wt.Forever(p.await(abi.EventHTTPRequest), p.respond(body))
}

// main finishes the module.
func (p *puppet) main(body ...wt.Code) *puppet {
	p.b.Main("", join(body...))
	return p
}

func join(codes ...wt.Code) (all wt.Code) {
	for _, c := range codes {
		all += c
	}
	return all
}

// puppetManifest grants a puppet everything; its routes are open.
const puppetManifest = `name = "puppet"
version = "1"
families = ["lifecycle", "event", "config", "log", "sqlite", "http", "agent"]
databases = ["main"]
[http]
listen = "127.0.0.1:0"
[[http.routes]]
name = "get"
method = "GET"
path = "/"
guard = "open"
[[http.routes]]
name = "post"
method = "POST"
path = "/"
guard = "open"
[settings]
note = { type = "string", default = "" }
`

// packed is the puppet as a module with a manifest.
func (p *puppet) packed(t testing.TB, manifest string) []byte {
	t.Helper()
	raw, err := module.AppendManifest(p.b.Build(), []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// write puts a puppet into a file and returns its path.
func (p *puppet) write(t testing.TB, dir, name, manifest string) string {
	t.Helper()
	raw := p.packed(t, manifest)
	path := filepath.Join(dir, name+".wasm")
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		t.Fatal(err)
	}
	return path
}
