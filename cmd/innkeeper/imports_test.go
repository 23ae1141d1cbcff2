package main

import (
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
	"adapters/sdk/sdktest":      {why: "a fake host for authors", own: []string{"adapters/abi", "adapters/sdk"}},
	"adapters/apiserver/...":    {why: "an adapter stands on the SDK and what adapters share", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/sqlite", "adapters/lib/...", "adapters/apiserver/..."}, outside: []string{"github.com/valyala/fastjson"}},
	"adapters/lib/...":          {why: "what adapters share stands on the SDK alone", own: []string{"adapters/abi", "adapters/sdk", "adapters/sdk/sqlite", "adapters/lib/..."}},
	"adapters/hello":            {why: "the example shows what an author needs", own: []string{"adapters/abi", "adapters/sdk"}},
	"adapters/bundled":          {why: "it embeds files"},

	"runtime/limits":             {why: "numbers depend on nothing"},
	"runtime/ledger":             {why: "it must not know what it closes"},
	"runtime/mailbox":            {why: "it knows the frame of an event only", own: []string{"adapters/abi"}},
	"runtime/tomldoc":            {why: "it is handed a text", outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/manifest":           {why: "it is handed bytes", own: []string{"runtime/limits", "runtime/tomldoc"}, outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/config":             {why: "it decides what is loaded, and runs nothing", own: []string{"runtime/limits", "runtime/manifest", "runtime/tomldoc"}, outside: []string{"github.com/BurntSushi/toml"}},
	"runtime/module":             {why: "it owns the binary format and no engine", own: []string{"runtime/limits"}},
	"runtime/module/wasmtest":    {why: "it builds test modules"},
	"runtime/outcome":            {why: "words that need nothing"},
	"runtime/engine":             {why: "it runs guests and knows no host function", own: []string{"adapters/abi", "runtime/outcome"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"runtime/supervisor":         {why: "pure logic", own: []string{"runtime/outcome"}, outside: []string{"github.com/cenkalti/backoff/v5"}},
	"runtime/front":              {why: "a backend is an interface", own: []string{"runtime/limits"}, outside: []string{"github.com/google/uuid"}},
	"runtime/front/backend":      {why: "an interface and its words"},
	"runtime/agent":              {why: "an interface and its words"},
	"runtime/agent/echo/...":     {why: "a back end knows the interface only", own: []string{"runtime/agent", "runtime/agent/echo/..."}, outside: []string{"github.com/valyala/fastjson"}},
	"runtime/agent/openaiagent":  {why: "a back end knows the interface only", own: []string{"runtime/agent"}, outside: []string{"github.com/openai/openai-go/v3", "github.com/tidwall/gjson", "github.com/valyala/fastjson"}},
	"runtime/agent/upstreamtest": {why: "an upstream for tests"},
	"runtime/admin":              {why: "it talks to the host through an interface", own: []string{"runtime/limits"}, outside: []string{"golang.org/x/sys"}},
	"runtime/admin/scrape":       {why: "it shows a status as metrics", own: []string{"runtime/admin", "runtime/supervisor"}, outside: []string{"github.com/prometheus/client_golang"}},

	"hostfuncs/guestmem":    {why: "the only package that touches guest memory", own: []string{"adapters/abi"}},
	"hostfuncs/guesttext":   {why: "text from guests, made safe to show"},
	"hostfuncs/handles":     {why: "the ledger's errors in the ABI's numbers", own: []string{"adapters/abi", "runtime/ledger"}},
	"hostfuncs/hostcall":    {why: "the ABI table as functions; it knows no family", own: []string{"adapters/abi", "hostfuncs/guestmem"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"hostfuncs/wasifn":      {why: "WASI with the mailbox as a descriptor", own: []string{"adapters/abi", "hostfuncs/guestmem", "hostfuncs/hostcall"}, outside: []string{"github.com/tetratelabs/wazero"}},
	"hostfuncs/lifecyclefn": {why: "a family knows the host's small parts only", own: append([]string{"runtime/outcome"}, familyParts...)},
	"hostfuncs/eventfn":     {why: "a family knows the host's small parts only", own: familyParts},
	"hostfuncs/configfn":    {why: "a family knows the host's small parts only", own: familyParts},
	"hostfuncs/logfn":       {why: "a family knows the host's small parts only", own: familyParts},
	"hostfuncs/httpfn":      {why: "a family knows the host's small parts only", own: familyParts, outside: []string{"github.com/coder/websocket"}},
	"hostfuncs/sqlitefn":    {why: "the only package that opens databases", own: familyParts, outside: []string{"github.com/ncruces/go-sqlite3", "github.com/ncruces/go-sqlite3-wasm/v6", "golang.org/x/sys"}},
	"hostfuncs/agentfn":     {why: "a family knows the host's small parts only", own: append([]string{"runtime/agent"}, familyParts...)},
	"hostfuncs/guesthost":   {why: "it puts the families of one instance together", own: append([]string{"runtime/agent", "runtime/outcome", "hostfuncs/lifecyclefn", "hostfuncs/eventfn", "hostfuncs/configfn", "hostfuncs/logfn", "hostfuncs/httpfn", "hostfuncs/sqlitefn", "hostfuncs/agentfn"}, familyParts...)},

	"cmd/...": {why: "the only place where all meet", own: []string{"..."}, outside: []string{"..."}},
}

var familyParts = []string{"adapters/abi", "runtime/ledger", "runtime/limits", "runtime/mailbox", "hostfuncs/guestmem", "hostfuncs/handles", "hostfuncs/guesttext"}

const modulePath = "innkeeper/"

func TestImportRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{.Name}}{{range .Imports}} {{.}}{{end}}`, "innkeeper/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	std := standardLibrary(t)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], modulePath)
		if name := fields[1]; name != "main" && slices.Contains(std.names, name) {
			t.Errorf("package %s is named %s, like one of the standard library: importers would have to rename it", pkg, name)
		}
		pattern, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("package %s has no rule: say here what it may import, and why", pkg)
			continue
		}
		rule := rules[pattern]
		for _, imported := range fields[2:] {
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

func standardLibrary(t *testing.T) library {
	t.Helper()
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatalf("go list std: %v", err)
	}
	lib := library{paths: []string{"C", "unsafe"}}
	for _, p := range strings.Fields(string(out)) {
		lib.paths = append(lib.paths, p)
		if !strings.Contains(p, "internal/") && !strings.HasPrefix(p, "vendor/") {
			lib.names = append(lib.names, path.Base(p))
		}
	}
	return lib
}
