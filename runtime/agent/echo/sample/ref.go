package sample

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// resolve finds what a $ref points to inside the root schema. Anything else is a broken schema.
//
// https://datatracker.ietf.org/doc/html/rfc6901
func (m *maker) resolve(ref *fastjson.Value) *fastjson.Value {
	pointer, local := strings.CutPrefix(text(ref), "#")
	decoded, err := url.PathUnescape(pointer)
	if !local || err != nil || (decoded != "" && decoded[0] != '/') {
		m.fail("schema[$ref]: %s is no reference of the form #/path within the schema", ref)
		return m.root
	}
	at := m.root
	if decoded != "" {
		for step := range strings.SplitSeq(decoded[1:], "/") {
			m.steps -= 1 + size(at)/64
			at = child(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
	}
	if at == nil {
		m.fail("schema[$ref]: %s points nowhere", ref)
		return m.root
	}
	return at
}

func child(v *fastjson.Value, step string) *fastjson.Value {
	if items := v.GetArray(); items != nil {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(items) {
			return items[i]
		}
		return nil
	}
	return v.Get(step)
}
