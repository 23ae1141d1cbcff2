package config

import (
	"errors"
	"fmt"
	"io/fs"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
)

// DropIns is the folder in which a module is an adapter because it lies there.
type DropIns struct {
	Folder  string    // absolute path
	State   string    // of the folder as it was read; see artifact.Watcher
	Ignored []Ignored // files that are no adapters
	found   []artifact.DropIn
}

// Ignored is a file in the drop-in folder that cannot be an adapter of its name.
type Ignored struct {
	Path   string
	Reason string
}

// dropInFolder reads the drop-in folder. The usual one may be absent; one that was written down may not, or a share that is not
// mounted would take all its adapters away.
func (l *loader) dropInFolder(text string) DropIns {
	path, err := l.resolvePath(text)
	d := DropIns{Folder: path}
	if err != nil {
		l.complain([]string{"adapters_dir"}, onValue, "adapters_dir %v", err)
		return d
	}
	if l.opts.Folder == nil {
		return d
	}
	_, written := l.doc.Root()["adapters_dir"]
	folder, err := l.opts.Folder(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !written:
	case errors.Is(err, fs.ErrNotExist):
		l.complain([]string{"adapters_dir"}, onValue, "adapters_dir is not there").Hint = "make the folder, or take the line out"
	case err != nil:
		l.complain([]string{"adapters_dir"}, onValue, "%v", err)
	}
	d.State, d.found = folder.State, folder.DropIns
	return d
}

// usableDropIns are the files in the drop-in folder that may be adapters of their names, given the tables of the others.
func (l *loader) usableDropIns(tables map[string]any) map[string]*artifact.DropIn {
	usable, all := map[string]*artifact.DropIn{}, len(tables)
	named := l.namedModules(tables)
	for i := range l.dropIns.found {
		found := &l.dropIns.found[i]
		if named[found.Path] {
			continue // it has the operator's word, as the module of the table that names it
		}
		_, hasTable := tables[found.Name]
		reason := l.clash(found, tables)
		if reason == "" && !hasTable && all >= limits.Adapters {
			reason = fmt.Sprintf("there are %d adapters already, which is the most", limits.Adapters)
		}
		if reason != "" {
			l.dropIns.Ignored = append(l.dropIns.Ignored, Ignored{Path: found.Path, Reason: reason})
			continue
		}
		usable[found.Name] = found
		if !hasTable {
			all++
		}
	}
	return usable
}

// namedModules are the paths that tables name as their modules.
func (l *loader) namedModules(tables map[string]any) map[string]bool {
	named := map[string]bool{}
	for _, value := range tables {
		table, _ := value.(map[string]any)
		if text, ok := table["module"].(string); ok {
			if path, err := l.resolvePath(text); err == nil {
				named[path] = true
			}
		}
	}
	return named
}

// clash says why a file cannot be an adapter of its name, or nothing.
func (l *loader) clash(found *artifact.DropIn, tables map[string]any) string {
	table, _ := tables[found.Name].(map[string]any)
	_, hasModule := table["module"]
	switch {
	case found.Err != nil && errors.Is(found.Err, artifact.ErrNoName):
		return oneLine(found.Err.Error())
	case l.opts.Builtins[found.Name] != nil:
		return fmt.Sprintf("%s is the name of a bundled adapter; rename the file", found.Name)
	case hasModule:
		return fmt.Sprintf("[%s] names another module; rename the file, or take that line out", dotted([]string{"adapters", found.Name}))
	}
	return ""
}
