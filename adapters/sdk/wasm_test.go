//go:build !wasip1

package sdk_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A guest imports the host functions that it can reach, and no more: a family that was not granted must not be imported.
func TestGuestsImportWhatTheyUse(t *testing.T) {
	if testing.Short() {
		t.Skip("builds guests")
	}
	core := []string{"event.recv", "event.wait", "lifecycle.fail", "lifecycle.ready"}
	tests := []struct {
		name, setup string
		imports     string
		want        []string
	}{
		{"nothing", "return nil", "", core},
		{"timers and log", `l.After(time.Second, func() { l.Log().Info("tick", "n", 1) }); return nil`, `"time"`, append(core, "log.write")},
		{"goroutines", "l.Go(func(ctx context.Context) { <-ctx.Done() }); return nil", `"context"`, core},
		{"settings", "return l.Settings(&struct{ Name string }{})", "", append(core, "config.read")},
		{"http", "l.HandleHTTP(func(x *sdk.Exchange) {}); return nil", "", append(core, "http.abort", "http.end", "http.respond", "http.write")},
		{"concurrent", "l.HandleHTTP(l.Concurrent(func(context.Context, *sdk.Call) {})); return nil", `"context"`,
			append(core, "http.abort", "http.end", "http.respond", "http.write")},
		{"agent", "_, err := l.StartTurn(nil, sdk.IgnoreTurn{}); return err", "", append(core, "agent.start")},
		{"sqlite", `_, err := sqlite.Open(l, "x"); return err`, `"innkeeper/adapters/sdk/sqlite"`, append(core, "sqlite.errmsg", "sqlite.open")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			module := buildGuest(t, fmt.Sprintf("package main\n\nimport (\n\"innkeeper/adapters/sdk\"\n%s\n)\n\nfunc main() { sdk.Main(setup) }\n\nfunc setup(l *sdk.Loop) error { %s }\n",
				test.imports, test.setup))
			got, err := hostImports(module)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(got, want) {
				t.Errorf("imports %v, want %v", got, want)
			}
			t.Logf("%d bytes", len(module))
		})
	}
}

// buildGuest compiles a program of one file as users of the SDK do.
func buildGuest(t *testing.T, source string) []byte {
	t.Helper()
	dir := t.TempDir()
	file, output := filepath.Join(dir, "main.go"), filepath.Join(dir, "guest.wasm")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", output, file)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	module, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// hostImports lists what a module imports from innkeeper modules, as "family.function", sorted.
// https://webassembly.github.io/spec/core/binary/modules.html#import-section
func hostImports(module []byte) ([]string, error) {
	const importSection = 2
	section, err := findSection(module, importSection)
	if err != nil {
		return nil, err
	}
	var names []string
	count, section := leb(section)
	for range count {
		var from, name string
		from, section = wasmName(section)
		name, section = wasmName(section)
		if section[0] != 0 {
			return nil, errors.New("an import that is no function")
		}
		_, section = leb(section[1:])
		if family, ok := strings.CutPrefix(from, "innkeeper:"); ok {
			names = append(names, strings.TrimSuffix(family, "@1")+"."+name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func findSection(module []byte, id byte) ([]byte, error) {
	for rest := module[8:]; len(rest) > 0; {
		size, body := leb(rest[1:])
		if rest[0] == id {
			return body[:size], nil
		}
		rest = body[size:]
	}
	return nil, errors.New("no such section")
}

func wasmName(b []byte) (string, []byte) {
	size, b := leb(b)
	return string(b[:size]), b[size:]
}

func leb(b []byte) (uint64, []byte) {
	v, n := binary.Uvarint(b)
	return v, b[n:]
}
