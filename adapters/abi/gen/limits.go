package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"time"

	"innkeeper/adapters/abi"
)

// limitsPath is the package of the numbers that belong to no family.
const limitsPath = "innkeeper/runtime/limits"

// limits writes the reference of all limits. Each is a constant with a comment, in the limits.go of its family or in runtime/limits:
// the numbers are there once, and here they are only shown.
func limits(root string, families []abi.Family) (string, error) {
	var b strings.Builder
	b.WriteString("\n## Limits\n\nWhat is over a limit gets the error that the function's row names. Those that an operator can set are in the annotated sample of\nthe configuration; these are the defaults.\n")
	reader := &limitReader{root: root, files: token.NewFileSet()}
	for _, family := range families {
		paths, _ := filepath.Glob(filepath.Join(root, "hostfuncs", packageName(family), "limits.go"))
		if err := reader.show(&b, "`"+family.Module()+"`", packageName(family), paths); err != nil {
			return "", err
		}
	}
	paths, _ := filepath.Glob(filepath.Join(root, "runtime", "limits", "*.go"))
	err := reader.show(&b, "The host", limitsPath, paths)
	return b.String(), err
}

// limitReader reads constants from source, without the code beside them: that may not be written yet when this runs.
type limitReader struct {
	root   string
	files  *token.FileSet
	shared *types.Package // runtime/limits, once it was read
	source types.Importer
}

// show writes the constants of one package.
func (r *limitReader) show(b *strings.Builder, title, path string, paths []string) error {
	files, pkg, err := r.read(path, paths)
	if err != nil || len(files) == 0 {
		return err
	}
	fmt.Fprintf(b, "\n### %s\n", title)
	for _, file := range files {
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				if err := showGroup(b, group, pkg); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// read parses and evaluates the files as one package.
func (r *limitReader) read(path string, paths []string) ([]*ast.File, *types.Package, error) {
	var files []*ast.File
	for _, p := range paths {
		file, err := parser.ParseFile(r.files, p, nil, parser.ParseComments)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, file)
	}
	pkg, err := (&types.Config{Importer: r}).Check(path, r.files, files, nil)
	return files, pkg, err
}

// Import implements types.Importer: limits may stand on the general ones and on the standard library.
func (r *limitReader) Import(path string) (*types.Package, error) {
	if path != limitsPath {
		if r.source == nil {
			r.source = standard(r.files)
		}
		return r.source.Import(path)
	}
	if r.shared == nil {
		paths, err := filepath.Glob(filepath.Join(r.root, "runtime", "limits", "*.go"))
		if err != nil {
			return nil, err
		}
		if _, r.shared, err = r.read(path, paths); err != nil {
			return nil, err
		}
	}
	return r.shared, nil
}

// showGroup writes one declaration: a group with its comment, or a constant by itself.
func showGroup(b *strings.Builder, group *ast.GenDecl, pkg *types.Package) error {
	if group.Lparen.IsValid() {
		fmt.Fprintf(b, "\n%s\n", paragraph(group.Doc.Text()))
	}
	b.WriteString("\n| limit | value | why |\n|---|---|---|\n")
	for _, spec := range group.Specs {
		value := spec.(*ast.ValueSpec)
		doc := value.Doc.Text()
		if !group.Lparen.IsValid() {
			doc = group.Doc.Text()
		}
		name := value.Names[0].Name
		if doc == "" || len(value.Names) > 1 {
			return fmt.Errorf("package[%s] limit[%s]: no comment of its own says why", pkg.Path(), name)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, limitValue(pkg.Scope().Lookup(name).(*types.Const)), reason(name, doc))
	}
	return nil
}

// reason is a constant's comment without its name.
func reason(name, doc string) string {
	text := strings.TrimPrefix(paragraph(doc), name)
	text = strings.TrimLeft(strings.TrimPrefix(text, " is "), ": ")
	return capital(strings.ReplaceAll(text, "|", "\\|"))
}

func paragraph(doc string) string { return strings.Join(strings.Fields(doc), " ") }

// limitValue is the number with its unit.
func limitValue(c *types.Const) string {
	n, _ := constant.Int64Val(constant.ToInt(c.Val()))
	switch {
	case c.Type().String() == "time.Duration":
		return durationText(time.Duration(n))
	case strings.Contains(c.Name(), "Bytes"):
		return bytesText(n)
	}
	return c.Val().ExactString()
}

// durationText leaves out the zeros at the end: "2m", not "2m0s".
func durationText(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// bytesText writes a size in the largest unit that it is a whole number of.
func bytesText(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.size && n%unit.size == 0 {
			return fmt.Sprintf("%d %s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
