package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parsers are what the host reads JSON with. Each of them makes much of little, or recurses.
var parsers = []string{"encoding/json", "github.com/valyala/fastjson", "github.com/tidwall/gjson", "github.com/openai/openai-go/v3", modulePath + "adapters/lib/jsontext"}

// readsJSON says for every package of the host that imports one of them how what it reads is bounded. What is not here does
// not pass: a new parser needs a bound before it needs anything else.
var readsJSON = map[string]struct {
	how string
	// measures is set where the package itself measures a text before it reads it.
	measures bool
}{
	"runtime/admin":              {how: "each answer of the control socket is measured, and each line of one", measures: true},
	"runtime/agent/openaiagent":  {how: "events and error bodies are measured; a turn was measured by the family", measures: true},
	"runtime/agent/echo":         {how: "a turn was measured by the family, and the reader has a bound on depth and on values of its own"},
	"runtime/agent/echo/sample":  {how: "a schema is a part of a turn; what is made of it is paid for out of a fixed amount"},
	"hostfuncs/logfn":            {how: "4 KB at most, read token by token, with bounds on number and depth as it reads"},
	"cmd/innkeeper":              {how: "each answer that the chat command reads is measured, and each event of one", measures: true},
	"cmd/internal/testexec":      {how: "a turn was measured by the family; what is read of it are the last message's bytes"},
	"runtime/compiler":           {how: "64 KB at most, said by this very program"},
	"runtime/config":             {how: writesOnly},
	"runtime/front":              {how: writesOnly},
	"runtime/agent/upstreamtest": {how: writesOnly},
	"cmd/bench":                  {how: "it reads what its own processes say"},
}

const writesOnly = "it writes JSON, and reads none"

func TestEveryParserHasABound(t *testing.T) {
	list := goList(t, nil, "-f", `{{.ImportPath}} {{.Dir}}{{range .Imports}} {{.}}{{end}}`, modulePath+"runtime/...", modulePath+"hostfuncs/...", modulePath+"cmd/...")
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		pkg, imports := strings.TrimPrefix(fields[0], modulePath), fields[2:]
		if !slices.ContainsFunc(imports, func(i string) bool { return matchesAny(parsers, i) }) {
			continue
		}
		rule, ok := readsJSON[pkg]
		switch {
		case !ok:
			t.Errorf("package %s reads JSON, or writes it, and is not listed: say here how what it reads is bounded", pkg)
		case rule.measures && !slices.Contains(imports, modulePath+"runtime/jsonbound"):
			t.Errorf("package %s does not measure what it reads: %s", pkg, rule.how)
		case rule.how == writesOnly:
			checkWritesOnly(t, pkg, fields[1])
		}
	}
}

// checkWritesOnly looks for calls that read.
func checkWritesOnly(t *testing.T, pkg, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && isIdent(s.X, "json") && !slices.Contains([]string{"Marshal", "MarshalIndent", "NewEncoder"}, s.Sel.Name) {
				t.Errorf("package %s uses json.%s in %s, although %s", pkg, s.Sel.Name, path.Base(name), writesOnly)
			}
			return true
		})
	}
}

func isIdent(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}
