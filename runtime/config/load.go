package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"

	"innkeeper/runtime/tomldoc"
)

// Load reads the TOML file at path and the environment. What is wrong with their content comes back as Errors, all of
// it at once. A missing file is an error that matches fs.ErrNotExist. An adapter that lacks a required setting is no
// error: see Disposition.
//
// A value in the TOML wins over the environment names of the manifest, and those over its defaults; only an explicit
// "off" wins from wherever it comes.
func Load(path string, opts Options) (*Config, error) {
	l, err := newLoader(path, opts)
	if err != nil {
		return nil, err
	}
	if err := l.read(); err != nil {
		return nil, err
	}
	c := l.config()
	switch {
	case len(l.errs) > 0:
		return nil, l.errs.sort()
	case l.missing != nil && len(c.Adapters) == 0 && c.DropIns.State == "" && !opts.AllowNothing:
		return nil, l.missing
	}
	return c, nil
}

// DataDir reads the data folder from the TOML file at path, and nothing else of it: the rest may be wrong.
func DataDir(path string, opts Options) (string, error) {
	l, err := newLoader(path, opts)
	if err != nil {
		return "", err
	}
	l.opts.AllowMissing = true
	if err := l.read(); err != nil {
		return "", err
	}
	k := rootSchema().key("data_dir")
	folder := k.Default
	if raw, written := l.doc.Root()[k.Name]; written {
		if folder, err = l.value(k, raw); err != nil {
			return "", fmt.Errorf("config[%s]: %s %w", path, k.Name, err)
		}
	}
	text, _ := folder.(string)
	return l.resolvePath(text)
}

// loader carries one Load.
type loader struct {
	opts    Options
	file    string // as given, for messages
	path    string // absolute
	dir     string // folder that relative paths start from
	missing error  // set if there is no file and that is allowed
	doc     *tomldoc.Document
	front   Front // as adapters are mounted on it
	errs    Errors
	dropIns *DropIns
}

func newLoader(path string, opts Options) (*loader, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("config[%s]: %w", path, err)
	}
	return &loader{opts: opts.withDefaults(), file: path, path: abs, dir: filepath.Dir(abs)}, nil
}

// read reads and parses the file.
func (l *loader) read() error {
	data, err := l.opts.ReadFile(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.missing = fmt.Errorf(`config[%s]: %w: run "innkeeper init" to write one, or name another with -c`, l.file, fs.ErrNotExist)
		if !l.opts.AllowMissing && !l.opts.AllowNothing {
			return l.missing
		}
	case err != nil:
		return fmt.Errorf("config[%s]: %w", l.file, err)
	}
	l.doc, err = tomldoc.Parse(string(data), fileLimits())
	var syntax *tomldoc.SyntaxError
	if errors.As(err, &syntax) {
		return Errors{{File: l.file, Line: syntax.Line, Col: syntax.Col, Msg: syntax.Msg, Excerpt: syntax.Excerpt}}
	}
	return err
}

// config reads the whole schema.
func (l *loader) config() *Config {
	root := l.table(nil, rootSchema(), l.doc.Root())
	c := &Config{Path: l.path, Missing: l.missing != nil, DataDir: l.dataDir(root.text("data_dir")), DropIns: l.dropInFolder(root.text("adapters_dir"))}
	l.dropIns = &c.DropIns
	if err := c.LogLevel.UnmarshalText([]byte(root.text("log_level"))); err != nil && len(l.errs) == 0 {
		l.complain([]string{"log_level"}, onValue, "log_level: %v", err)
	}
	c.Limits = l.hostLimits(l.subtable(nil, "limits", l.doc.Root()))
	c.Front = l.readFront(l.subtable(nil, "front", l.doc.Root()))
	l.front = c.Front
	c.Agent = l.agent(l.subtable(nil, "agent", l.doc.Root()))
	c.Adapters = l.adapters(l.subtable(nil, "adapters", l.doc.Root()))
	return c
}

// dataDir resolves the data folder and refuses what cannot have been meant.
func (l *loader) dataDir(text string) string {
	path, err := l.resolvePath(text)
	switch {
	case err != nil:
		l.complain([]string{"data_dir"}, onValue, "data_dir %v", err)
	case path == filepath.Dir(path):
		l.complain([]string{"data_dir"}, onValue, "data_dir must not be the root of the file system")
	}
	return path
}

// resolvePath makes a path absolute; relative ones start from the folder of the TOML file.
func (l *loader) resolvePath(text string) (string, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return "", errors.New("must not be empty")
	case strings.HasPrefix(text, "~"):
		return "", errors.New("must not begin with ~, which only shells expand; write the whole path")
	case strings.IndexFunc(text, func(r rune) bool { return r < ' ' }) >= 0:
		return "", errors.New("must not contain control characters")
	case filepath.IsAbs(text):
		return filepath.Clean(text), nil
	}
	return filepath.Join(l.dir, text), nil
}

// mark says which part of a key and its value a complaint points at.
type mark int

const (
	onKey    mark = iota // the name; the value stays hidden
	onValue              // the value, which is shown
	onSecret             // the name, because the value is secret
)

// complain records what is wrong with the key at path. The message names the key itself; its table is added.
func (l *loader) complain(path []string, m mark, format string, args ...any) *Error {
	e := &Error{File: l.file, Msg: fmt.Sprintf(format, args...), offset: math.MaxInt}
	if len(path) > 0 {
		e.Table = dotted(path[:len(path)-1])
	}
	l.place(e, path, m)
	l.errs = append(l.errs, e)
	return e
}

// place finds the position of path, or of the nearest table around it that was written down.
func (l *loader) place(e *Error, path []string, m mark) {
	for n := len(path); n > 0; n-- {
		at, ok := l.doc.Key(path[:n]...)
		if !ok {
			continue
		}
		if value, _ := l.doc.Value(path...); m == onValue && n == len(path) {
			at = value
		}
		pos := l.doc.Position(at.Offset)
		e.Line, e.Col, e.offset = pos.Line, pos.Col, at.Offset
		e.Excerpt = l.doc.Excerpt(at, m == onValue && n == len(path))
		return
	}
}

// complainEnv records what is wrong with an environment variable.
func (l *loader) complainEnv(name string, err error) {
	l.errs = append(l.errs, &Error{Msg: fmt.Sprintf("%s in the environment %v", name, err), offset: math.MaxInt})
}
