package module

import "unicode/utf8"

// reader decodes one region of a file. The first failure sticks: after it every
// read returns zero, so a caller may check err once per item. Offsets are those
// of the whole file.
type reader struct {
	buf []byte // the whole file
	pos int    // next byte
	end int    // first byte behind the region
	err *Error
}

func (r *reader) fail(code Code, format string, args ...any) {
	if r.err == nil {
		r.err = refuse(r.pos, code, format, args...)
	}
}

func (r *reader) left() int { return r.end - r.pos }

func (r *reader) byte() byte {
	if r.err != nil || r.pos >= r.end {
		r.fail(CodeTruncated, "ends where one more byte is needed")
		return 0
	}
	b := r.buf[r.pos]
	r.pos++
	return b
}

// bytes returns the next n bytes, without copying.
func (r *reader) bytes(n uint32) []byte {
	if r.err != nil || int64(n) > int64(r.left()) {
		r.fail(CodeTruncated, "wants %d bytes, %d are left", n, r.left())
		return nil
	}
	b := r.buf[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// u32 reads an unsigned LEB128 integer of at most five bytes. Zero padding
// within them is valid and linkers use it.
// https://webassembly.github.io/spec/core/binary/values.html#integers
func (r *reader) u32() uint32 {
	if r.err == nil && r.pos < r.end && r.buf[r.pos] < 0x80 {
		r.pos++
		return uint32(r.buf[r.pos-1])
	}
	return r.u32Slow()
}

func (r *reader) u32Slow() uint32 {
	start := r.pos
	var v uint32
	for i := range 5 {
		b := r.byte()
		if i == 4 && b > 0x0f {
			break
		}
		v |= uint32(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v
		}
	}
	r.pos = start
	r.fail(CodeLEB, "integer does not fit 32 bits")
	return 0
}

// signed reads a signed LEB128 integer of the given bits: 32, 33 or 64.
func (r *reader) signed(bits int) int64 {
	start := r.pos
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b >= 0x80 {
			continue
		}
		if shift+7 < 64 {
			v = v << (57 - shift) >> (57 - shift)
		}
		if room := bits - shift; room < 7 && !signFits(b, room) {
			break
		}
		return v
	}
	r.pos = start
	r.fail(CodeLEB, "integer does not fit %d bits", bits)
	return 0
}

// signFits reports whether the unused bits of a last byte repeat its sign bit,
// the room'th.
func signFits(b byte, room int) bool {
	high := int8(b<<1) >> room // bits from the sign bit up, sign-extended
	return high == 0 || high == -1
}

// unbounded is for counts that only the bytes at hand limit.
const unbounded = 1 << 32

// count reads the length of a vector. Each item takes at least one byte, so a
// count beyond what is left is refused before anything is made for it.
func (r *reader) count(what string, most int) int {
	at := r.pos
	n := r.u32()
	if r.err != nil {
		return 0
	}
	if int64(n) > int64(most) {
		r.err = refuse(at, CodeLimit, "%d %s, at most %d are allowed", n, what, most)
		return 0
	}
	if int64(n) > int64(r.left()) {
		r.err = refuse(at, CodeTruncated, "%d %s do not fit the %d bytes that are left", n, what, r.left())
		return 0
	}
	return int(n)
}

// name reads a UTF-8 string of at most most bytes.
func (r *reader) name(most int) string {
	at := r.pos
	n := r.u32()
	if r.err == nil && int64(n) > int64(most) {
		r.err = refuse(at, CodeLimit, "name of %d bytes, at most %d are allowed", n, most)
	}
	b := r.bytes(n)
	if !utf8.Valid(b) {
		r.fail(CodeEncoding, "name is not UTF-8")
	}
	return string(b)
}
