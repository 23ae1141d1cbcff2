package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"innkeeper/runtime/artifact"
)

// module finds the adapter's module. A name that is not bundled is a mistake in the file; a module that
// cannot be read makes this adapter failed and leaves the others alone. Neither matters for an adapter that is off.
func (b *building) module(text string, off bool) {
	if text == "" {
		text = artifact.BuiltinPrefix + b.Name
	}
	if name, ok := strings.CutPrefix(text, artifact.BuiltinPrefix); ok {
		b.Module = text
		if bundled := b.opts.Builtins[name]; bundled != nil {
			b.use(bundled)
		} else if !off {
			b.notBundled(name)
		}
		return
	}
	path, err := b.resolvePath(text)
	switch {
	case err != nil:
		b.complainModule("module %v", err)
		return
	case strings.Contains(text, "://"):
		b.complainModule("module must be %sNAME or the path of a file", artifact.BuiltinPrefix)
		return
	}
	b.Module = path
	read, err := b.opts.Module(path)
	if err != nil {
		b.Disposition, b.Reason = Failed, oneLine(err.Error())
		return
	}
	b.use(read)
}

func (b *building) use(a *artifact.Artifact) { b.Artifact, b.Manifest = a, a.Manifest }

// oneLine joins the lines of a message: a reason is one cell of a table.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// complainModule points at the module key, or at the table if there is none.
func (b *building) complainModule(format string, args ...any) *Error {
	path := append(slices.Clip(b.path), "module")
	if _, written := b.raw["module"]; !written {
		e := b.complain(b.path, onKey, format, args...)
		e.Table = dotted(b.path)
		return e
	}
	return b.complain(path, onValue, format, args...)
}

// notBundled complains about builtin:NAME for a name that is not in the binary.
func (b *building) notBundled(name string) {
	names := slices.Sorted(maps.Keys(b.opts.Builtins))
	e := b.complainModule("there is no bundled adapter %s", quoteKey(name))
	switch word := nearest(name, names); {
	case len(names) == 0:
		e.Hint = `this binary was built without bundled adapters; build it with "make build", or set module to the path of a .wasm file`
	case word != "" && b.raw["module"] == nil:
		e.Hint = fmt.Sprintf("did you mean [adapters.%s]?", word)
	case word != "":
		e.Hint = fmt.Sprintf(`did you mean "%s%s"?`, artifact.BuiltinPrefix, word)
	default:
		e.Hint = fmt.Sprintf("set module to the path of a .wasm file; bundled are %s", strings.Join(names, ", "))
	}
}
