package main

import (
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rules say what a package of this module may import of this module, and which outside modules. The longest pattern that
// matches a package counts; "/..." at its end takes everything below. A package without a rule fails the test, so that a new
// one gets a place in the house. The standard library is free for all.
var rules = map[string]struct {
	why     string
	own     []string
	outside []string
}{
	"adapters/abi":              {why: "guests and host share it, so it must weigh nothing"},
	"adapters/abi/gen":          {why: "it writes what follows from the table", own: []string{"adapters/abi"}},
	"adapters/sdk":              {why: "adapter authors get the standard library and the ABI, nothing else", own: []string{"adapters/abi", "adapters/sdk/internal/..."}},
	"adapters/sdk/internal/...": {why: "what the SDK's packages share", own: []string{"adapters/abi"}},
	"adapters/sdk/sqlite":       {why: "databases in Go's words; guests without one do not link it", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/internal/..."}},
	"adapters/sdk/sdkslog":      {why: "log/slog weighs a megabyte, so it is a package of its own", own: []string{"adapters/sdk"}},
	"adapters/sdk/sdktest":      {why: "a fake host for authors", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/internal/..."}},
	"adapters/apiserver/...":    {why: "an adapter stands on the SDK and what adapters share", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/sqlite", "adapters/lib/...", "adapters/apiserver/..."}},
	"adapters/lib/...":          {why: "what adapters share stands on the SDK alone", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/sqlite", "adapters/lib/..."}},
	"adapters/hello":            {why: "the example shows what an author needs", own: []string{"adapters/abi", "adapters/sdk", "adapters/lib/..."}},
	"adapters/bundled":          {why: "it embeds files"},
	"adapters":                  {why: "it embeds files"},

	"runtime/limits":             {why: "numbers depend on nothing"},
	"runtime/jsonbound":          {why: "it measures a text, and has no bounds of its own"},
	"runtime/costtest":           {why: "the cost oracle, for tests"},
	"runtime/ledger":             {why: "it must not know what it closes"},
	"runtime/share":              {why: "it divides time, and knows nobody who works", own: []string{"runtime/limits"}},
	"runtime/mailbox":            {why: "it knows the frame of an event only", own: []string{"adapters/abi", "runtime/budget", "runtime/limits", "runtime/share"}},
	"runtime/tomldoc":            {why: "it is handed a text", outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/manifest":           {why: "it is handed bytes", own: []string{"runtime/limits", "runtime/tomldoc"}, outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/artifact":           {why: "a module as one value; what is bundled and what can be imported it is told", own: []string{"runtime/engine", "runtime/limits", "runtime/manifest", "runtime/module", "runtime/ordinaryfile"}, outside: []string{"github.com/fsnotify/fsnotify", "github.com/tetratelabs/wazero"}},
	"runtime/logqueue":           {why: "it must not know what a line says"},
	"runtime/machine":            {why: "it asks the system", outside: []string{"golang.org/x/sys"}},
	"runtime/ordinaryfile":       {why: "it must not know what is in a file"},
	"runtime/config":             {why: "it decides what is loaded, and runs nothing", own: []string{"runtime/artifact", "runtime/budget", "runtime/limits", "runtime/machine", "runtime/manifest", "runtime/ordinaryfile", "runtime/tomldoc"}, outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/compiler":           {why: "it starts this program once more, to compile", own: []string{"runtime/artifact", "runtime/engine", "runtime/module", "runtime/safetext"}, outside: []string{"github.com/tetratelabs/wazero", "golang.org/x/sys"}},
	"runtime/module":             {why: "it owns the binary format and no engine", own: []string{"runtime/limits"}},
	"runtime/module/wasmtest":    {why: "it builds test modules"},
	"runtime/outcome":            {why: "words that need nothing"},
	"runtime/safetext":           {why: "text of strangers, made safe to show"},
	"runtime/budget":             {why: "an amount that many share, of anything"},
	"runtime/engine":             {why: "it runs guests and knows no host function", own: []string{"adapters/abi", "runtime/budget", "runtime/limits", "runtime/outcome", "runtime/safetext"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"runtime/supervisor":         {why: "pure logic", own: []string{"runtime/outcome"}, outside: []string{"github.com/cenkalti/backoff/v5"}},
	"runtime/front":              {why: "a route is what the manifest says of it, and a backend is an interface", own: []string{"runtime/budget", "runtime/front/backend", "runtime/limits", "runtime/manifest", "runtime/safetext"}, outside: []string{"github.com/google/uuid"}},
	"runtime/front/backend":      {why: "an interface and its words"},
	"runtime/agent":              {why: "an interface and its words"},
	"runtime/agent/echo/...":     {why: "a back end knows the interface only", own: []string{"adapters/lib/jsontext", "runtime/agent", "runtime/agent/echo/..."}},
	"runtime/agent/openaiagent":  {why: "a back end knows the interface only", own: []string{"adapters/lib/jsontext", "runtime/agent", "runtime/agent/sse", "runtime/budget", "runtime/jsonbound", "runtime/limits"}, outside: []string{"github.com/openai/openai-go/v3"}},
	"runtime/agent/sse":          {why: "it splits a stream, and knows nothing of what is said in it", own: []string{"runtime/budget"}},
	"runtime/agent/upstreamtest": {why: "an upstream for tests"},
	"runtime/admin":              {why: "it talks to the host through an interface", own: []string{"runtime/ordinaryfile", "runtime/jsonbound", "runtime/limits"}, outside: []string{"golang.org/x/sys"}},
	"runtime/admin/scrape":       {why: "it shows a status as metrics", own: []string{"runtime/admin", "runtime/supervisor"}, outside: []string{"github.com/prometheus/client_golang"}},

	"hostfuncs/...":                 {why: "a family knows the host's small parts only", own: familyParts},
	"hostfuncs/guestmem":            {why: "the only package that touches guest memory", own: []string{"adapters/abi"}},
	"hostfuncs/handles":             {why: "the ledger's errors in the ABI's numbers", own: []string{"adapters/abi", "runtime/ledger"}},
	"hostfuncs/family":              {why: "the words between a family and whoever puts families together", own: []string{"adapters/abi", "hostfuncs/hostcall", "runtime/budget", "runtime/ledger", "runtime/mailbox", "runtime/manifest", "runtime/outcome"}},
	"hostfuncs/hostcall":            {why: "the ABI table as functions; it knows no family", own: []string{"adapters/abi", "hostfuncs/guestmem"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"hostfuncs/wasifn":              {why: "WASI with the mailbox as a descriptor", own: []string{"adapters/abi", "hostfuncs/guestmem", "hostfuncs/hostcall"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"hostfuncs/lifecyclefn":         {why: "a family knows the host's small parts only", own: append([]string{"runtime/outcome"}, familyParts...)},
	"hostfuncs/httpfn":              {why: "a family knows the host's small parts only; this one is a backend", own: append([]string{"runtime/front/backend"}, familyParts...), outside: []string{"github.com/coder/websocket"}},
	"hostfuncs/sqlitefn/sqlitetest": {why: "real databases for tests of adapters", own: []string{"hostfuncs/sqlitefn", "runtime/ledger"}},
	"hostfuncs/sqlitefn":            {why: "the only package that opens databases", own: familyParts, outside: []string{"github.com/ncruces/go-sqlite3", "github.com/ncruces/go-sqlite3-wasm/v6", "golang.org/x/sys"}},
	"hostfuncs/agentfn":             {why: "a family knows the host's small parts only", own: append([]string{"runtime/agent", "runtime/budget", "runtime/jsonbound"}, familyParts...)},
	"hostfuncs/guesthost":           {why: "it puts the families of one instance together, and knows none", own: []string{"adapters/abi", "hostfuncs/family", "hostfuncs/hostcall", "runtime/budget", "runtime/ledger", "runtime/limits", "runtime/mailbox", "runtime/outcome", "runtime/share"}},

	"cmd/internal/gateway":                   {why: "here all meet, and nothing of the command line", own: []string{"adapters/abi", "adapters/bundled", "hostfuncs/...", "runtime/..."}, outside: []string{"github.com/tetratelabs/wazero"}},
	"cmd/internal/gateway/internal/kettlefn": {why: "a family made for a test: a family knows the host's small parts only", own: familyParts},
	"cmd/internal/adaptertest":               {why: "the adapters of this tree, built for tests", own: []string{"runtime/module"}},
	"cmd/internal/machinefaults":             {why: "tests of the real process, which know it from outside"},
	"cmd/internal/testexec":                  {why: "one instance outside of any slot, for the tests of a guest", own: []string{"cmd/internal/gateway", "hostfuncs/family", "hostfuncs/guesthost", "hostfuncs/hostcall", "hostfuncs/wasifn", "runtime/..."}, outside: []string{"github.com/BurntSushi/toml"}},
	"cmd/innkeeper":                          {why: "the command line reaches guests through the gateway", own: []string{"adapters", "adapters/bundled", "cmd/internal/gateway", "cmd/internal/testexec", "runtime/admin/...", "runtime/agent/sse", "runtime/artifact", "runtime/budget", "runtime/compiler", "runtime/config", "runtime/jsonbound", "runtime/limits", "runtime/logqueue", "runtime/manifest", "runtime/module", "runtime/ordinaryfile", "runtime/safetext", "runtime/supervisor", "runtime/tomldoc"}, outside: []string{"github.com/lmittmann/tint", "github.com/spf13/cobra", "golang.org/x/term"}},
	"cmd/bench":                              {why: "it measures the whole house, with and without its parts", own: []string{"adapters/...", "hostfuncs/...", "runtime/...", "cmd/internal/gateway", "cmd/bench/..."}, outside: []string{"github.com/ncruces/go-sqlite3", "github.com/tetratelabs/wazero"}},
	"cmd/bench/guest":                        {why: "a guest stands on the SDK", own: []string{"adapters/sdk", "cmd/bench/sqlops"}},
	"cmd/bench/sqlops":                       {why: "the same work inside and outside of the sandbox", own: []string{"adapters/apiserver/api/store", "adapters/sdk", "adapters/sdk/sqlite"}},
}

var familyParts = []string{"adapters/abi", "runtime/budget", "runtime/ledger", "runtime/limits", "runtime/mailbox", "hostfuncs/family", "hostfuncs/guestmem", "runtime/safetext", "hostfuncs/handles", "hostfuncs/hostcall"}

const modulePath = "innkeeper/"

func TestImportRules(t *testing.T) {
	// Build constraints hide files: what a guest imports is seen only where guests are built.
	for target, environ := range map[string][]string{"host": nil, "wasip1": {"GOOS=wasip1", "GOARCH=wasm"}} {
		t.Run(target, func(t *testing.T) {
			std := standardLibrary(t, environ)
			for line := range strings.Lines(goList(t, environ, "-f", `{{.ImportPath}} {{.Name}}{{range .Imports}} {{.}}{{end}}`, modulePath+"...")) {
				fields := strings.Fields(line)
				checkImports(t, std, strings.TrimPrefix(fields[0], modulePath), fields[1], fields[2:])
			}
		})
	}
}

// goList runs go list in an environment with the given additions.
func goList(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	list := exec.Command("go", append([]string{"list"}, args...)...)
	list.Env = append(os.Environ(), environ...)
	var stderr strings.Builder
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list %q with %q: %v\n%s", args, environ, err, stderr.String())
	}
	return string(out)
}

func checkImports(t *testing.T, std library, pkg, name string, imports []string) {
	t.Helper()
	if name != "main" && slices.Contains(std.names, name) {
		t.Errorf("package %s is named %s, like one of the standard library: importers would have to rename it", pkg, name)
	}
	pattern, ok := ruleFor(pkg)
	if !ok {
		t.Errorf("package %s has no rule: say here what it may import, and why", pkg)
		return
	}
	rule := rules[pattern]
	for _, imported := range imports {
		own, isOwn := strings.CutPrefix(imported, modulePath)
		switch {
		case slices.Contains(std.paths, imported):
		case isOwn && matchesAny(rule.own, own):
		case !isOwn && matchesAny(rule.outside, imported):
		default:
			t.Errorf("package %s may not import %s: %s", pkg, imported, rule.why)
		}
	}
}

// ruleFor finds the longest pattern that matches.
func ruleFor(pkg string) (string, bool) {
	best, found := "", false
	for pattern := range rules {
		if matches(pattern, pkg) && (!found || len(pattern) > len(best)) {
			best, found = pattern, true
		}
	}
	return best, found
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// matches compares a package with a pattern. An outside module's packages all match its path.
func matches(pattern, pkg string) bool {
	if prefix, below := strings.CutSuffix(pattern, "..."); below {
		return strings.HasPrefix(pkg+"/", prefix)
	}
	outside := strings.Contains(strings.Split(pattern, "/")[0], ".")
	return pkg == pattern || outside && strings.HasPrefix(pkg, pattern+"/")
}

type library struct{ paths, names []string }

func standardLibrary(t *testing.T, environ []string) library {
	t.Helper()
	lib := library{paths: []string{"C", "unsafe"}}
	for _, p := range strings.Fields(goList(t, environ, "std")) {
		lib.paths = append(lib.paths, p)
		if !strings.Contains(p, "internal/") && !strings.HasPrefix(p, "vendor/") {
			lib.names = append(lib.names, path.Base(p))
		}
	}
	return lib
}
