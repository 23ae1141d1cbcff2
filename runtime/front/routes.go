package front

import (
	"net/http"
	"slices"
	"strings"

	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

// routes finds the route of a request. Whole literal paths are one map lookup; the others walk a tree of segments.
//
// It matches the decoded path, the same text that a backend gets, so that who may use a path and what it stands for can
// never be two different things. Paths are not cleaned and nothing is redirected.
type routes struct {
	literal map[string]*endpoint // used if nothing but literals can match the path
	root    *segment
}

// segment is a node of the tree: what may follow a prefix of a path.
type segment struct {
	literal map[string]*segment
	param   *segment
	rest    *endpoint // {name...}
	here    *endpoint // the pattern ends here
}

// endpoint is the routes of one pattern, by method.
type endpoint struct{ methods []*rule }

// rule is a route and what is needed to hold a request to it.
type rule struct {
	manifest.Route
	key    *keyGuard           // nil if it is open
	errors manifest.ErrorShape // never empty
	params []param
}

// param is where in a path the value of a pattern's parameter stands.
type param struct {
	name    string
	segment int
	rest    bool // it goes on to the end of the path
}

func newRoutes(list []rule) *routes {
	t := &routes{literal: map[string]*endpoint{}, root: &segment{}}
	for i := range list {
		route := &list[i]
		route.params = params(route.Path)
		e := t.endpoint(route.Path)
		e.methods = append(e.methods, route)
	}
	for _, route := range list {
		t.shortcut(route.Path)
	}
	return t
}

// params lists the parameters of a pattern.
func params(pattern string) (list []param) {
	segment := 0
	for part := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		if strings.HasPrefix(part, "{") {
			name, rest := strings.CutSuffix(strings.Trim(part, "{}"), "...")
			list = append(list, param{name, segment, rest})
		}
		segment++
	}
	return list
}

// values reads the parameters from a path that the route's pattern matches.
func (r *rule) values(path string) []backend.Value {
	if len(r.params) == 0 {
		return nil
	}
	values := make([]backend.Value, 0, len(r.params))
	segment, path := 0, path[1:]
	for _, p := range r.params {
		for ; segment < p.segment; segment++ {
			_, path, _ = strings.Cut(path, "/")
		}
		value := path
		if !p.rest {
			value, _, _ = strings.Cut(path, "/")
		}
		values = append(values, backend.Value{Name: p.name, Value: value})
	}
	return values
}

// endpoint finds or makes the pattern's place in the tree.
func (t *routes) endpoint(pattern string) *endpoint {
	node := t.root
	for part := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		switch {
		case strings.HasSuffix(part, "...}"):
			if node.rest == nil {
				node.rest = &endpoint{}
			}
			return node.rest
		case strings.HasPrefix(part, "{"):
			if node.param == nil {
				node.param = &segment{}
			}
			node = node.param
		default:
			if node.literal == nil {
				node.literal = map[string]*segment{}
			}
			if node.literal[part] == nil {
				node.literal[part] = &segment{}
			}
			node = node.literal[part]
		}
	}
	if node.here == nil {
		node.here = &endpoint{}
	}
	return node.here
}

// shortcut notes a literal path that no other pattern matches.
func (t *routes) shortcut(pattern string) {
	if strings.Contains(pattern, "{") {
		return
	}
	if all := t.all(pattern); len(all) == 1 {
		t.literal[pattern] = all[0]
	}
}

// all lists the endpoints whose pattern matches the path, the most literal first.
func (t *routes) all(path string) []*endpoint {
	if !strings.HasPrefix(path, "/") {
		return nil
	}
	return t.root.walk(path[1:], nil)
}

func (s *segment) walk(path string, found []*endpoint) []*endpoint {
	part, after, more := strings.Cut(path, "/")
	if next := s.literal[part]; next != nil {
		found = next.step(after, more, found)
	}
	if part == "" || part == "." || part == ".." {
		return found
	}
	if s.param != nil {
		found = s.param.step(after, more, found)
	}
	if s.rest != nil && plain(path) {
		found = append(found, s.rest)
	}
	return found
}

func (s *segment) step(after string, more bool, found []*endpoint) []*endpoint {
	if more {
		return s.walk(after, found)
	}
	if s.here != nil {
		found = append(found, s.here)
	}
	return found
}

// plain reports whether no segment of the path is empty or made of dots, which somebody might take for another path.
func plain(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// match finds the route of a method and path. Without one it returns the methods that the path has, none if the path is
// unknown.
func (t *routes) match(method, path string) (found *rule, allowed []string) {
	if e := t.literal[path]; e != nil {
		if found = e.method(method); found != nil {
			return found, nil
		}
		return nil, e.allow(nil)
	}
	for _, e := range t.all(path) {
		if found = e.method(method); found != nil {
			return found, nil
		}
	}
	return nil, t.methods(path)
}

// methods lists the methods that a path has.
func (t *routes) methods(path string) (names []string) {
	for _, e := range t.all(path) {
		names = e.allow(names)
	}
	return names
}

// method finds the route for a method, or nil; GET routes answer HEAD unless there is a route of its own.
func (e *endpoint) method(name string) *rule {
	var get *rule
	for _, m := range e.methods {
		if m.Method == name {
			return m
		}
		if m.Method == http.MethodGet {
			get = m
		}
	}
	if name == http.MethodHead {
		return get
	}
	return nil
}

// allow adds the endpoint's methods to a list that has each once.
func (e *endpoint) allow(methods []string) []string {
	add := func(name string) {
		if !slices.Contains(methods, name) {
			methods = append(methods, name)
		}
	}
	for _, m := range e.methods {
		add(m.Method)
		if m.Method == http.MethodGet {
			add(http.MethodHead)
		}
	}
	return methods
}
