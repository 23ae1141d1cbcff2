package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The documents name packages, tests and libraries. What they name has to be there, and what is there has to be named.

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands under a heading, up to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("there is no section %q", heading)
	}
	found, _, _ := strings.Cut(rest, "\n## ")
	return found
}

var code = regexp.MustCompile("`([^`]+)`")

func TestEveryPackageHasARoom(t *testing.T) {
	var rooms []string
	for _, m := range code.FindAllStringSubmatch(section(t, document(t, "ARCHITECTURE.md"), "The rooms"), -1) {
		rooms = append(rooms, m[1])
	}
	packages := strings.Fields(goList(t, nil, modulePath+"...") + goList(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, modulePath+"..."))
	slices.Sort(packages)
	packages = slices.Compact(packages)
	for i, pkg := range packages {
		packages[i] = strings.TrimPrefix(pkg, modulePath)
		if !matchesAny(rooms, packages[i]) {
			t.Errorf("package %s is not in ARCHITECTURE.md, section The rooms: say what it owns", packages[i])
		}
	}
	for _, room := range rooms {
		top, _, below := strings.Cut(room, "/")
		known := slices.Contains([]string{"adapters", "cmd", "hostfuncs", "runtime"}, top)
		if below && known && !strings.HasSuffix(room, ".go") && !slices.ContainsFunc(packages, func(pkg string) bool { return matches(room, pkg) }) {
			t.Errorf("ARCHITECTURE.md names a package that is not there: %s", room)
		}
	}
}

// A word means one thing, and that is said once.
func TestEveryWordHasOneMeaning(t *testing.T) {
	said := map[string]bool{}
	for line := range strings.Lines(section(t, document(t, "ARCHITECTURE.md"), "The words")) {
		columns := strings.Split(line, "|")
		if len(columns) < 4 {
			continue
		}
		for word := range strings.SplitSeq(columns[1], ",") {
			if word = strings.TrimSpace(word); said[word] {
				t.Errorf("ARCHITECTURE.md says twice what %s means", word)
			}
			said[word] = true
		}
	}
	if len(said) < 3 {
		t.Error("there are no words")
	}
}

func TestEveryGuaranteeIsShown(t *testing.T) {
	tests := testsByPackage(t)
	rows := 0
	for line := range strings.Lines(section(t, document(t, "ARCHITECTURE.md"), "Guarantees")) {
		columns := strings.Split(line, "|")
		if len(columns) < 4 || strings.Trim(columns[1], " 0123456789") != "" {
			continue
		}
		rows++
		areShown(t, tests, "guarantee "+strings.TrimSpace(columns[1]), columns[3])
	}
	if rows == 0 {
		t.Error("there are no guarantees")
	}
}

// No promise without a test: each line of a table of threats names at least one.
func TestEveryPromiseIsShown(t *testing.T) {
	tests := testsByPackage(t)
	rows, inTable := 0, false
	for line := range strings.Lines(document(t, "SECURITY.md")) {
		columns := strings.Split(line, "|")
		switch {
		case len(columns) < 7:
			inTable = false
		case strings.TrimSpace(columns[1]) == "threat", strings.HasPrefix(columns[1], "---"):
			inTable = true
		case inTable:
			rows++
			areShown(t, tests, "threat "+strings.TrimSpace(columns[1]), columns[4])
		}
	}
	if rows == 0 {
		t.Error("there are no promises")
	}
}

// areShown fails for a claim that names no test, or one that is not there.
func areShown(t *testing.T, tests map[string][]string, claim, names string) {
	t.Helper()
	named := 0
	for _, m := range code.FindAllStringSubmatch(names, -1) {
		pkg, test, ok := strings.Cut(m[1], ".")
		if !ok || !strings.HasPrefix(test, "Test") && !strings.HasPrefix(test, "Fuzz") {
			continue
		}
		named++
		if !slices.Contains(tests[pkg], test) {
			t.Errorf("%s: there is no test %s", claim, m[1])
		}
	}
	if named == 0 {
		t.Errorf("%s is shown by no test", claim)
	}
}

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// testsByPackage lists the tests in the tree by the last part of their package's path.
func testsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text := document(t, file)
		for _, m := range testFunction.FindAllStringSubmatch(text, -1) {
			pkg := path.Base(path.Dir(file))
			tests[pkg] = append(tests[pkg], m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func TestEveryLibraryHasAReason(t *testing.T) {
	reasons := section(t, document(t, "RATIONALE.md"), "Why these libraries?")
	required, _, _ := strings.Cut(document(t, "go.mod"), "\n)")
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(required, -1) {
		name := strings.TrimPrefix(regexp.MustCompile(`/v\d+$`).ReplaceAllString(m[1], ""), "github.com/")
		if !strings.Contains(reasons, name) {
			t.Errorf("RATIONALE.md does not say why %s", name)
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+/\S+) \|`).FindAllStringSubmatch(reasons, -1) {
		if !strings.Contains(required, row[1]) {
			t.Errorf("RATIONALE.md has a reason for %s, which go.mod does not require", row[1])
		}
	}
}
