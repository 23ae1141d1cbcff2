package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	wt "innkeeper/runtime/module/wasmtest"
)

// burner is a guest that uses all of the processor that it gets.
type burner struct {
	name, about string
	most        int // of them at once
}

// The burners.
var (
	burnsInLoop = burner{"loop", "a tight loop", 10}
	burnsInWait = burner{"wait", "a loop of wait(0)", 10}
	burnsInCopy = burner{"copy", "copies of 260 MB", 2}
)

// copiedPages are 260 MB.
const copiedPages = 260 << 20 >> 16

// module returns the guest: it says ready, and then never waits for anything.
func (k burner) module() []byte {
	b := wt.New()
	ready := b.Import("innkeeper:lifecycle@1", "ready", "", wt.I32)
	wait := b.Import("innkeeper:event@1", "wait", wt.I64, wt.I32)
	body := wt.Forever()
	switch k {
	case burnsInWait:
		body = wt.Forever(wt.I64Const(0), wt.Call(wait), wt.Drop)
	case burnsInCopy:
		body = wt.I32Const(copiedPages) + wt.MemoryGrow + wt.Drop +
			wt.Forever(wt.I32Const(1), wt.I32Const(0), wt.I32Const(copiedPages<<16-1), wt.MemoryCopy)
	}
	b.Main("", wt.Call(ready), wt.Drop, body)
	b.Custom("innkeeper", "name = \"burner\"\nversion = \"1\"\nfamilies = [\"lifecycle\", \"event\"]\n")
	return b.Build()
}

// adapters returns the names of the first n.
func (k burner) adapters(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("burner_%s_%d", k.name, i)
	}
	return names
}

// writeBurner makes the module and returns the TOML of all adapters of that kind. A loop that never ends would be ended by its stall
// budget, so that is long here; nor would it end when it is asked to.
func (l *lab) writeBurner(k burner) (toml string, err error) {
	path := filepath.Join(l.dir, "burner_"+k.name+".wasm")
	if err := os.WriteFile(path, k.module(), 0o600); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range k.adapters(k.most) {
		fmt.Fprintf(&b, "[adapters.%s]\nmodule = %s\n[adapters.%s.budgets]\nstall = \"1h\"\ndrain = \"1ms\"\n[adapters.%s.limits]\nmemory = \"300MiB\"\n",
			name, strconv.Quote(filepath.ToSlash(path)), name, name)
	}
	return b.String(), nil
}
