package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/tomldoc"
)

// Parse reads a manifest. Unknown keys, wrong types and everything that Validate refuses are errors; all of them are
// reported at once, with their lines.
func Parse(data []byte) (*Manifest, error) {
	doc, err := tomldoc.Parse(string(data), tomldoc.Limits{
		Bytes: limits.ManifestBytes, Depth: limits.TOMLDepth, Keys: limits.ManifestKeys, Key: limits.TOMLKeyBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	r := &reader{doc: doc}
	m := r.manifest()
	if len(r.problems) == 0 {
		r.problems = m.problems()
	}
	if len(r.problems) > 0 {
		return nil, r.err()
	}
	return m, nil
}

// Validate checks everything that is not a matter of syntax: names, bounds, references, ambiguous routes. Parse has
// done it already; it is for manifests that were built in Go.
func (m *Manifest) Validate() error {
	var errs []error
	for _, p := range m.problems() {
		errs = append(errs, fmt.Errorf("manifest[%s]: %s", dotted(p.path), p.msg))
	}
	return errors.Join(errs...)
}

// problem is one complaint about the key at path.
type problem struct {
	path []string
	msg  string
}

// err joins the problems in the order of the text.
func (r *reader) err() error {
	offset := func(p problem) int {
		for path := p.path; len(path) > 0; path = path[:len(path)-1] {
			if at, ok := r.doc.Key(path...); ok {
				return at.Offset
			}
		}
		return 0
	}
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(offset(a), offset(b)) })
	var errs []error
	for i, p := range r.problems {
		if i == limits.ConfigErrors {
			errs = append(errs, fmt.Errorf("manifest: %d more problems", len(r.problems)-i))
			break
		}
		line := r.doc.Position(offset(p)).Line
		errs = append(errs, fmt.Errorf("manifest[%s]: line %d: %s", dotted(p.path), line, p.msg))
	}
	return errors.Join(errs...)
}
