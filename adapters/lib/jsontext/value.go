package jsontext

import (
	"bytes"
	"strconv"
	"unsafe"
)

// Value is one value of a Doc, valid until that Doc parses again. The zero Value is one that is not there.
type Value struct {
	doc *Doc
	i   int32
}

func (v Value) node() *node { return &v.doc.nodes[v.i] }

// Kind is the kind of the value, None if it is not there.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return None
	}
	return v.node().kind
}

// Set reports whether the value is there and not null.
func (v Value) Set() bool { return v.Kind() > Null }

// Raw is the value as it stands in the text, as a view; nil if it is not there.
func (v Value) Raw() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	return v.doc.src[n.start:n.end:n.end]
}

// Bool is the value of a boolean; ok is false for any other kind.
func (v Value) Bool() (value, ok bool) {
	if v.Kind() != Bool {
		return false, false
	}
	return v.doc.src[v.node().start] == 't', true
}

// Int is the value of a number that is an integer and fits; ok is false otherwise. 1.0 is not taken for an integer.
func (v Value) Int() (value int64, ok bool) {
	if v.Kind() != Number {
		return 0, false
	}
	raw := v.Raw()
	if n, ok := shortInt(raw); ok {
		return n, true
	}
	n, err := strconv.ParseInt(view(raw), 10, 64)
	return n, err == nil
}

// shortInt reads a few digits, as token counts are; ok is false for anything else.
func shortInt(raw []byte) (n int64, ok bool) {
	if len(raw) > 9 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// Float is the value of a number that a float64 can hold; ok is false otherwise.
func (v Value) Float() (value float64, ok bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(view(v.Raw()), 64)
	return f, err == nil
}

// Text is the unescaped value of a string, "" for any other kind.
func (v Value) Text() string {
	return string(v.Inside())
}

// AppendText appends the unescaped value of a string; of any other kind it appends nothing.
func (v Value) AppendText(dst []byte) []byte {
	if v.Kind() != String {
		return dst
	}
	n := v.node()
	if !n.escaped {
		return append(dst, v.doc.src[n.start+1:n.end-1]...)
	}
	return appendUnescaped(dst, v.doc.src[n.start+1:n.end-1])
}

// Inside is the unescaped value of a string as a view, in fresh memory only if it has to be; nil for any other kind.
func (v Value) Inside() []byte {
	if v.Kind() != String {
		return nil
	}
	n := v.node()
	raw := v.doc.src[n.start+1 : n.end-1]
	if n.escaped {
		return appendUnescaped(nil, raw)
	}
	return raw
}

// longestEscape is how many bytes stand for one at most.
const longestEscape = len(`\u0000`)

// Is reports whether the value is the string s. A string that can be no other way of writing it is not looked through.
func (v Value) Is(s string) bool {
	if v.Kind() != String {
		return false
	}
	n := v.node()
	raw := v.doc.src[n.start+1 : n.end-1]
	if n.escaped && len(raw) <= longestEscape*len(s) {
		return string(appendUnescaped(nil, raw)) == s
	}
	return !n.escaped && string(raw) == s
}

// Empty reports whether the value is a string, an array or an object without anything in it.
func (v Value) Empty() bool {
	switch v.Kind() {
	case String:
		n := v.node()
		return n.end-n.start == 2
	case Array, Object:
		return v.node().next == v.i+1
	}
	return false
}

// Get is the member of an object with that key, the last one if there are several. It does not exist for any other kind.
func (v Value) Get(key string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	var found Value
	nodes, src := v.doc.nodes, v.doc.src
	for at, end := v.i+1, nodes[v.i].next; at < end; at = nodes[at+1].next {
		k := &nodes[at]
		if same := int(k.end-k.start) == len(key)+2 && string(src[k.start+1:k.end-1]) == key; same && !k.escaped ||
			k.escaped && (Value{v.doc, at}).Is(key) {
			found = Value{v.doc, at + 1}
		}
	}
	return found
}

// Len is the number of items of an array or of members of an object, 0 of any other kind. It walks over them.
func (v Value) Len() (n int) {
	for items := v.Items(); items.Next(); {
		n++
	}
	for members := v.Members(); members.Next(); {
		n++
	}
	return n
}

// Items walks an array:
//
//	for it := v.Items(); it.Next(); { use(it.Index, it.Value) }
//
// There is nothing to walk in any other kind.
func (v Value) Items() Items {
	if v.Kind() != Array {
		return Items{}
	}
	return Items{Index: -1, doc: v.doc, at: v.i + 1, end: v.node().next}
}

// Items is a walk over an array.
type Items struct {
	Index int
	Value Value

	doc     *Doc
	at, end int32
}

// Next goes to the next item and reports whether there is one.
func (it *Items) Next() bool {
	if it.at >= it.end {
		return false
	}
	it.Index++
	it.Value = Value{it.doc, it.at}
	it.at = it.doc.nodes[it.at].next
	return true
}

// Members walks an object in the order of the text. There is nothing to walk in any other kind.
func (v Value) Members() Members {
	if v.Kind() != Object {
		return Members{}
	}
	return Members{doc: v.doc, at: v.i + 1, end: v.node().next}
}

// Members is a walk over an object.
type Members struct {
	Key, Value Value

	doc     *Doc
	at, end int32
}

// Next goes to the next member and reports whether there is one.
func (m *Members) Next() bool {
	if m.at >= m.end {
		return false
	}
	m.Key, m.Value = Value{m.doc, m.at}, Value{m.doc, m.at + 1}
	m.at = m.doc.nodes[m.at+1].next
	return true
}

// Name is the key as a view, unescaped into fresh memory only if it has to be.
func (m *Members) Name() []byte { return m.Key.Inside() }

// view reads bytes as a string for a call that does not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Equal reports whether two values are the same bytes.
func Equal(a, b Value) bool { return bytes.Equal(a.Raw(), b.Raw()) }
