package jsontext

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Doc is one parsed text. Its zero value is ready; parsing again reuses the memory, which ends the life of all values of
// the text before.
type Doc struct {
	src   []byte
	nodes []node
}

// node is one value of the text. The nodes stand in the order of the text, so the children of a container follow it.
// An object's children are its keys and values in turn.
type node struct {
	start, end int32 // the span in src, quotes included
	next       int32 // index of the node after this value and all that is in it
	kind       Kind
	escaped    bool // a string that holds a backslash
}

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	Offset int // in bytes from the start
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return e.Reason + " at byte " + strconv.Itoa(e.Offset)
}

// maxText keeps offsets inside of an int32.
const maxText = 1 << 30

// Parse reads one JSON text. The values that it gives out share src's memory. The error is a *SyntaxError.
func (d *Doc) Parse(src []byte) error {
	d.src, d.nodes = src, d.nodes[:0]
	if len(src) > maxText {
		return &SyntaxError{Offset: maxText, Reason: "text is too long"}
	}
	p := parser{src: src, nodes: d.nodes}
	pos := p.space(0)
	pos = p.value(pos, 0)
	if p.reason == "" {
		if pos = p.space(pos); pos < len(src) {
			p.fail(pos, "something follows the JSON text")
		}
	}
	d.nodes = p.nodes
	if p.reason != "" {
		d.nodes = d.nodes[:0]
		return &SyntaxError{Offset: p.at, Reason: p.reason}
	}
	return nil
}

// Reserve makes room for so many values, keys included, so that a Parse of a large text whose values were counted takes no more memory
// than its nodes.
func (d *Doc) Reserve(values int) {
	if values = min(values, MaxValues); values > cap(d.nodes) {
		d.nodes = make([]node, 0, values)
	}
}

// Root is the whole text as a value; it does not exist if the last Parse failed.
func (d *Doc) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{doc: d}
}

// Release lets go of the text, and of the nodes if they were many.
func (d *Doc) Release() {
	const keep = 1 << 14 // 320 KiB
	d.src = nil
	if cap(d.nodes) > keep {
		d.nodes = nil
	}
	d.nodes = d.nodes[:0]
}

// parser walks the text. After the first failure every step returns the end of the text, so that all loops end.
type parser struct {
	src    []byte
	nodes  []node
	at     int
	reason string
}

func (p *parser) fail(pos int, reason string) int {
	if p.reason == "" {
		p.at, p.reason = pos, reason
	}
	return len(p.src)
}

// space is the next byte that is no white space. Most texts have none, so only the look for it is inlined.
func (p *parser) space(pos int) int {
	if pos < len(p.src) && p.src[pos] > ' ' {
		return pos
	}
	return p.skip(pos)
}

// skip is kept out of line: a guest's functions are slow when they are large.
//
//go:noinline
func (p *parser) skip(pos int) int {
	for pos < len(p.src) {
		switch p.src[pos] {
		case ' ', '\n', '\t', '\r':
			pos++
		default:
			return pos
		}
	}
	return pos
}

func (p *parser) value(pos, depth int) int {
	if pos >= len(p.src) {
		return p.fail(pos, "the text ends too early")
	}
	switch c := p.src[pos]; {
	case c == '"':
		return p.text(pos)
	case c == '{':
		return p.object(pos, depth+1)
	case c == '[':
		return p.array(pos, depth+1)
	case c == '-' || c >= '0' && c <= '9':
		return p.number(pos)
	case c == 't':
		return p.word(pos, "true", Bool)
	case c == 'f':
		return p.word(pos, "false", Bool)
	case c == 'n':
		return p.word(pos, "null", Null)
	}
	return p.fail(pos, "no value starts here")
}

func (p *parser) leaf(kind Kind, start, end int, escaped bool) int {
	if len(p.nodes) == MaxValues {
		return p.fail(start, "too many values")
	}
	if len(p.nodes) == cap(p.nodes) {
		p.grow(start)
	}
	p.nodes = append(p.nodes, node{
		start: int32(start), end: int32(end), next: int32(len(p.nodes) + 1), kind: kind, escaped: escaped,
	})
	return end
}

// grow makes room for as many nodes as there will be if the rest of the text is like what was read of it, but not for many more
// than there are. A list that grew by a quarter over and over would take several times the memory that it needs in the end, and a
// guest's memory does not shrink.
//
//go:noinline
func (p *parser) grow(pos int) {
	const least, most = 32, 32
	have := len(p.nodes)
	expected := int(int64(have) * int64(len(p.src)) / int64(max(pos, 1)))
	room := min(max(min(expected+expected/64, most*have), have+have/2, least), MaxValues)
	p.nodes = append(make([]node, 0, room), p.nodes...)
}

func (p *parser) word(pos int, word string, kind Kind) int {
	end := pos + len(word)
	if end > len(p.src) || string(p.src[pos:end]) != word {
		return p.fail(pos, "no value starts here")
	}
	return p.leaf(kind, pos, end, false)
}

func (p *parser) array(pos, depth int) int {
	if depth > MaxDepth {
		return p.fail(pos, "nested too deep")
	}
	self := len(p.nodes)
	if p.leaf(Array, pos, pos, false); p.reason != "" {
		return len(p.src)
	}
	end := p.space(pos + 1)
	if end < len(p.src) && p.src[end] == ']' {
		return p.close(self, end+1)
	}
	for {
		end = p.space(p.value(p.space(end), depth))
		switch {
		case p.reason != "":
			return end
		case end >= len(p.src):
			return p.fail(end, "the text ends inside of an array")
		case p.src[end] == ']':
			return p.close(self, end+1)
		case p.src[end] != ',':
			return p.fail(end, "a comma or ] is missing")
		}
		end++
	}
}

func (p *parser) object(pos, depth int) int {
	if depth > MaxDepth {
		return p.fail(pos, "nested too deep")
	}
	self := len(p.nodes)
	if p.leaf(Object, pos, pos, false); p.reason != "" {
		return len(p.src)
	}
	end := p.space(pos + 1)
	if end < len(p.src) && p.src[end] == '}' {
		return p.close(self, end+1)
	}
	for {
		end = p.space(end)
		if end >= len(p.src) || p.src[end] != '"' {
			return p.fail(end, "a key is missing")
		}
		end = p.space(p.text(end))
		if p.reason == "" && (end >= len(p.src) || p.src[end] != ':') {
			return p.fail(end, "a colon is missing")
		}
		end = p.space(p.value(p.space(end+1), depth))
		switch {
		case p.reason != "":
			return end
		case end >= len(p.src):
			return p.fail(end, "the text ends inside of an object")
		case p.src[end] == '}':
			return p.close(self, end+1)
		case p.src[end] != ',':
			return p.fail(end, "a comma or } is missing")
		}
		end++
	}
}

func (p *parser) close(self, end int) int {
	p.nodes[self].end = int32(end)
	p.nodes[self].next = int32(len(p.nodes))
	return end
}

// text reads a string. Only strings with a byte outside of ASCII pay for the check of their UTF-8.
func (p *parser) text(pos int) int {
	src := p.src
	escaped, wide := false, byte(0)
	for i := pos + 1; i < len(src); i++ {
		if i = skipPlain(src, i); i == len(src) {
			break
		}
		c := src[i]
		switch {
		case c == '"':
			if wide >= utf8.RuneSelf && !utf8.Valid(src[pos+1:i]) {
				return p.fail(pos, "a string is not valid UTF-8")
			}
			return p.leaf(String, pos, i+1, escaped)
		case c == '\\':
			escaped = true
			n := escapeLen(src[i:])
			if n == 0 {
				return p.fail(i, "a bad escape in a string")
			}
			i += n - 1
		case c < ' ':
			return p.fail(i, "a control character in a string")
		default:
			wide |= c
		}
	}
	return p.fail(len(src), "the text ends inside of a string")
}

// skipPlain is where the next byte may be that is a quote, a backslash, a control character or outside of ASCII: there is none
// before. Words at a time, a string is read four times faster than byte by byte, in a guest too, where there is no SIMD. Near
// the end of the text it leaves the bytes to the caller.
func skipPlain(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		if mask := special(binary.LittleEndian.Uint64(src[i:])); mask != 0 {
			return i + bits.TrailingZeros64(mask)/8
		}
	}
	return i
}

// special has a bit in the first of eight bytes that is not plain, and none if all are. Bits of bytes behind it say nothing.
// https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
func special(x uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*' ')&^x | x) & highs
}

// escapeLen is the length of the escape that b starts with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// hex4 reads the four hexadecimal digits that b starts with.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number. https://www.rfc-editor.org/rfc/rfc8259#section-6
func (p *parser) number(start int) int {
	pos := start
	if p.src[pos] == '-' {
		pos++
	}
	lead := pos
	if pos = p.digits(pos); pos == lead || p.src[lead] == '0' && pos > lead+1 {
		return p.fail(start, "a bad number")
	}
	if pos < len(p.src) && p.src[pos] == '.' {
		if frac := pos + 1; p.digits(frac) == frac {
			return p.fail(start, "a bad number")
		} else {
			pos = p.digits(frac)
		}
	}
	if pos < len(p.src) && p.src[pos]|0x20 == 'e' {
		pos++
		if pos < len(p.src) && (p.src[pos] == '+' || p.src[pos] == '-') {
			pos++
		}
		exp := pos
		if pos = p.digits(exp); pos == exp {
			return p.fail(start, "a bad number")
		}
	}
	return p.leaf(Number, start, pos, false)
}

func (p *parser) digits(pos int) int {
	for pos < len(p.src) && p.src[pos] >= '0' && p.src[pos] <= '9' {
		pos++
	}
	return pos
}
