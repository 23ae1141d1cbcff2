package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"innkeeper/runtime/artifact"
)

// module finds the adapter's module. A name that is not bundled is a mistake in the file; a module that
// cannot be read makes this adapter failed and leaves the others alone. Neither matters for an adapter that is off.
func (b *building) module(text string, off bool) {
	switch {
	case text == "" && b.dropIn != nil:
		b.Module = b.dropIn.Path
		b.read(b.dropIn.Artifact, b.dropIn.Err)
		return
	case text == "" && b.opts.Builtins[b.Name] == nil:
		b.noModule()
		return
	case text == "":
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
	b.read(b.opts.Module(path))
}

// read takes what came of the reading of a module file.
func (b *building) read(a *artifact.Artifact, err error) {
	if err == nil {
		b.use(a)
		return
	}
	b.Disposition, b.Reason = Failed, oneLine(err.Error())
	if refusal, ok := errors.AsType[*artifact.Refusal](err); ok && refusal.Hint != "" {
		b.Reason += "; " + refusal.Hint
	}
}

// noModule makes an adapter unconfigured whose table names no module. It may have been in the drop-in folder before, so that it is
// no mistake in the file.
func (b *building) noModule() {
	names := slices.Sorted(maps.Keys(b.opts.Builtins))
	hint := fmt.Sprintf("put %s%s into %s, or set module in [%s]", b.Name, artifact.Extension, b.dropIns.Folder, dotted(b.path))
	switch word := nearest(b.Name, names); {
	case len(names) == 0:
		hint = "this binary was built without any, build it with make; or " + hint
	case word != "":
		hint = fmt.Sprintf("did you mean [adapters.%s]? else %s", word, hint)
	}
	b.Disposition, b.Reason = Unconfigured, fmt.Sprintf("it has no module: there is no bundled adapter %s; %s", quoteKey(b.Name), hint)
}

func (b *building) use(a *artifact.Artifact) {
	if before := b.before(); before != nil && before.Reference == a.Reference && before.Same(a) {
		a = before
	}
	b.Artifact, b.Manifest = a, a.Manifest
}

// before is the artifact that the adapter had.
func (b *building) before() *artifact.Artifact {
	if b.opts.Before == nil {
		return nil
	}
	if a := b.opts.Before.Adapter(b.Name); a != nil {
		return a.Artifact
	}
	return nil
}

// oneLine joins the lines of a message: a reason is one cell of a table.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

func (b *building) complainModule(format string, args ...any) *Error {
	return b.complain(append(slices.Clip(b.path), "module"), onValue, format, args...)
}

// notBundled complains about builtin:NAME for a name that is not in the binary.
func (b *building) notBundled(name string) {
	names := slices.Sorted(maps.Keys(b.opts.Builtins))
	e := b.complainModule("there is no bundled adapter %s", quoteKey(name))
	switch word := nearest(name, names); {
	case len(names) == 0:
		e.Hint = `this binary was built without bundled adapters; build it with "make build", or set module to the path of a .wasm file`
	case word != "":
		e.Hint = fmt.Sprintf(`did you mean "%s%s"?`, artifact.BuiltinPrefix, word)
	default:
		e.Hint = fmt.Sprintf("set module to the path of a .wasm file; bundled are %s", strings.Join(names, ", "))
	}
}
