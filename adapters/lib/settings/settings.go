// Package settings reads an adapter's settings by their names, without encoding/json, which would be a third of a module.
//
// It owns what is said of a setting that is not of the type that its reader expects: module and manifest do not fit, which only
// a person can mend. It must not know which settings there are.
package settings

import (
	"time"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/sdk"
)

// Text is the one setting of a small adapter. It has to be there and to be a string.
func Text(l *sdk.Loop, name string) (string, error) {
	r, err := Read(l)
	if err != nil {
		return "", err
	}
	if !r.root().Get(name).Set() {
		return "", fault(name, "is not set, and has no default")
	}
	text := r.Text(name, "")
	return text, r.Err()
}

// Reader gives settings as they were when it was made. It remembers the first that is of another type, so that whoever reads
// many looks at Err once.
type Reader struct {
	doc jsontext.Doc
	err error
}

// Read asks the host for the settings.
func Read(l *sdk.Loop) (*Reader, error) {
	text, err := l.SettingsJSON()
	if err != nil {
		return nil, sdk.Temporary("settings", "the host gave no settings: "+err.Error())
	}
	r := &Reader{}
	if err := r.doc.Parse(text); err != nil {
		return nil, sdk.Permanent("settings", "the host's settings are not JSON: "+err.Error())
	}
	return r, nil
}

func (r *Reader) root() jsontext.Value { return r.doc.Root() }

// Err says that a setting which was asked for is of another type.
func (r *Reader) Err() error { return r.err }

func fault(name, what string) error {
	return sdk.Permanent("settings", "settings["+name+"]: "+what)
}

// get gives a setting, or false if it is not set.
func (r *Reader) get(name string) (jsontext.Value, bool) {
	v := r.root().Get(name)
	return v, v.Set()
}

// expect notes a setting that is of another type.
func (r *Reader) expect(ok bool, name, kind string) {
	if !ok && r.err == nil {
		r.err = fault(name, "is not "+kind+", as the adapter expects")
	}
}

// Text is a setting of the type string, or what it is otherwise, if it is not set.
func (r *Reader) Text(name, otherwise string) string {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	r.expect(v.Kind() == jsontext.String, name, "a string")
	return v.Text()
}

// Int is a setting of the type int, or size, which counts bytes; otherwise as Text.
func (r *Reader) Int(name string, otherwise int) int {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	n, ok := v.Int()
	r.expect(ok, name, "an integer")
	return int(n)
}

// Duration is a setting of the type duration; otherwise as Text.
func (r *Reader) Duration(name string, otherwise time.Duration) time.Duration {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	n, ok := v.Int()
	r.expect(ok, name, "a duration")
	return time.Duration(n)
}

// Bool is a setting of the type bool; otherwise as Text.
func (r *Reader) Bool(name string, otherwise bool) bool {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	b, ok := v.Bool()
	r.expect(ok, name, "true or false")
	return b
}

// Float is a setting of the type float; otherwise as Text.
func (r *Reader) Float(name string, otherwise float64) float64 {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	f, ok := v.Float()
	r.expect(ok, name, "a number")
	return f
}

// Texts is a setting of the type strings; otherwise as Text.
func (r *Reader) Texts(name string, otherwise ...string) []string {
	v, set := r.get(name)
	if !set {
		return otherwise
	}
	r.expect(v.Kind() == jsontext.Array, name, "a list of strings")
	var list []string
	for it := v.Items(); it.Next(); {
		r.expect(it.Value.Kind() == jsontext.String, name, "a list of strings")
		list = append(list, it.Value.Text())
	}
	return list
}
