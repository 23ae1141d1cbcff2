package abi

import (
	"encoding/binary"
	"math"
)

// EventHeaderSize is the size of an event's fixed part in bytes: kind (u32) and handle (u32), little endian. The payload
// follows up to the end of what event.recv returned.
const EventHeaderSize = 8

// AppendEventHeader appends the fixed part of an event.
func AppendEventHeader(dst []byte, kind EventKind, handle uint32) []byte {
	return appendU32(appendU32(dst, uint32(kind)), handle)
}

// CutEvent takes an event apart. The payload is a view. ok is false for what is shorter than an event's header.
func CutEvent(event []byte) (kind EventKind, handle uint32, payload []byte, ok bool) {
	if len(event) < EventHeaderSize {
		return 0, 0, nil, false
	}
	kind = EventKind(binary.LittleEndian.Uint32(event))
	return kind, binary.LittleEndian.Uint32(event[4:]), event[EventHeaderSize:], true
}

func appendU32(dst []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(dst, v) }
func appendU64(dst []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(dst, v) }

func appendF64(dst []byte, v float64) []byte { return appendU64(dst, math.Float64bits(v)) }

func appendText[T string | []byte](dst []byte, text T) []byte {
	return append(appendU32(dst, uint32(len(text))), text...)
}

// decoder reads the fields of one record after the other. A field that the record is too short for is zero; one that is cut
// in the middle makes it bad.
type decoder struct {
	data []byte
	at   int
	end  int    // of the record at hand
	text string // a copy of data, once there is a string
	bad  bool
}

// readRecord begins to read the record in front of b, and gives what follows it. Without any bytes all fields are missing.
func readRecord(b []byte) (d decoder, body []byte) {
	d = decoder{data: b, end: len(b)}
	_, present := d.enter()
	if !present {
		d.end = d.at
	}
	body = b[d.end:]
	d.data = b[:d.end:d.end]
	return d, body
}

// fail makes the record bad and ends it.
func (d *decoder) fail() { d.at, d.bad = d.end, true }

// number gives the next n bytes, nil if the record has ended before.
func (d *decoder) number(n int) []byte {
	switch {
	case d.at == d.end:
		return nil
	case d.end-d.at < n:
		d.fail()
		return nil
	}
	b := d.data[d.at : d.at+n]
	d.at += n
	return b
}

func (d *decoder) u32() uint32 {
	if b := d.number(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if b := d.number(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// span takes the next string and gives where it lies. There is one in almost every field, so it looks at the bytes itself.
func (d *decoder) span() (from, to int) {
	from = d.at + 4
	if from > d.end {
		if d.at < d.end {
			d.fail()
		}
		return d.at, d.at
	}
	n := binary.LittleEndian.Uint32(d.data[d.at:])
	if uint64(n) > uint64(d.end-from) {
		d.fail()
		return d.at, d.at
	}
	d.at = from + int(n)
	return from, d.at
}

// bytes is the next string, as a view.
func (d *decoder) bytes() []byte {
	from, to := d.span()
	return d.data[from:to:to]
}

// string is the next string. All strings of a record are parts of one copy.
func (d *decoder) string() string {
	from, to := d.span()
	if d.text == "" && from < to {
		d.text = string(d.data)
	}
	if from == to {
		return ""
	}
	return d.text[from:to]
}

// count is how many of something follow, each of at least four bytes.
func (d *decoder) count() int {
	n := d.u32()
	if uint64(n)*4 > uint64(d.end-d.at) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) strings() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.string()
	}
	return list
}

// enter begins a record within; present is false if there is none. The end of the outer record goes to leave.
func (d *decoder) enter() (outer int, present bool) {
	n := d.u32()
	outer = d.end
	if uint64(n) > uint64(d.end-d.at) {
		d.fail()
		return outer, false
	}
	if n > 0 {
		d.end = d.at + int(n)
	}
	return outer, n > 0
}

// leave passes over what is left of a record within.
func (d *decoder) leave(outer int) { d.at, d.end = d.end, outer }
