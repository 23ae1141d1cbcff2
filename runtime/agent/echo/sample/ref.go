package sample

import (
	"net/url"
	"strconv"
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

// maxRef is the longest reference that is followed, in bytes. Generators of schemas write less than a hundred.
const maxRef = 4 << 10

// unescapePointer turns a step of a JSON pointer into a key.
var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")

// resolve finds what a $ref points to inside the root schema. Anything else is a broken schema.
//
// https://datatracker.ietf.org/doc/html/rfc6901
func (m *maker) resolve(ref jsontext.Value) jsontext.Value {
	if len(ref.Raw()) > maxRef {
		m.fail("schema[$ref]: the reference is longer than %d bytes", maxRef)
		return m.root
	}
	pointer, local := strings.CutPrefix(m.text(ref), "#")
	decoded, err := url.PathUnescape(pointer)
	if !local || err != nil || (decoded != "" && decoded[0] != '/') {
		m.fail("schema[$ref]: %.200s is no reference of the form #/path within the schema", ref.Raw())
		return m.root
	}
	at := m.root
	if decoded != "" {
		for step := range strings.SplitSeq(decoded[1:], "/") {
			at = m.child(at, unescapePointer.Replace(step))
		}
	}
	if at.Kind() == jsontext.None {
		m.fail("schema[$ref]: %.200s points nowhere", ref.Raw())
		return m.root
	}
	return at
}

func (m *maker) child(v jsontext.Value, step string) jsontext.Value {
	if v.Kind() != jsontext.Array {
		m.spend(stepWork + v.Len())
		return v.Get(step)
	}
	index, err := strconv.Atoi(step)
	if err != nil {
		return jsontext.Value{}
	}
	for items := v.Items(); items.Next() && m.work >= 0; {
		if m.spend(1); items.Index == index {
			return items.Value
		}
	}
	return jsontext.Value{}
}
