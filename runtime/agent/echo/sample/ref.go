package sample

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// resolve finds what a $ref points to inside the root schema. Anything else is a broken schema.
//
// https://datatracker.ietf.org/doc/html/rfc6901
func (c *checker) resolve(ref *fastjson.Value) *fastjson.Value {
	text := string(ref.GetStringBytes())
	pointer, local := strings.CutPrefix(text, "#")
	decoded, err := url.PathUnescape(pointer)
	if ref.Type() != fastjson.TypeString || !local || err != nil || (decoded != "" && decoded[0] != '/') {
		c.fail(fmt.Errorf("schema[$ref]: %s is no reference of the form #/path within the schema", ref))
		return nil
	}
	at := c.root
	if decoded != "" {
		for step := range strings.SplitSeq(decoded[1:], "/") {
			at = child(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
	}
	if at == nil {
		c.fail(fmt.Errorf("schema[$ref]: %s points nowhere", ref))
	}
	return at
}

func child(v *fastjson.Value, step string) *fastjson.Value {
	if v == nil {
		return nil
	}
	if v.Type() == fastjson.TypeArray {
		items := v.GetArray()
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(items) {
			return items[i]
		}
		return nil
	}
	return v.Get(step)
}
