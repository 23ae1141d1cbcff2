package module

import (
	"cmp"
	"slices"

	"innkeeper/runtime/limits"
)

// data joins data segments that lie close together, with the zeros between them. Go's linker leaves out every run of zeros and
// makes tens of thousands of segments, and an engine pays for each at every instantiation: joined, a Go guest is ready in
// half the time.
//
// The memory holds the same in the end, because it is new and so all zero, and because no two segments overlap. A module
// whose segments do, or that may name them (memory.init and data.drop need the data count section), keeps them as they are.
func (w *rewriter) data(s section) []byte {
	raw := w.m.raw[s.start:s.end]
	segments, plain := w.plainSegments(s)
	if !plain || w.m.dataCount >= 0 {
		return raw
	}
	slices.SortFunc(segments, func(a, b dataSegment) int { return cmp.Compare(a.offset, b.offset) })
	joined := make([]dataSegment, 0, 16)
	for i, next := range segments {
		if i == 0 {
			joined = append(joined, next)
			continue
		}
		last := &joined[len(joined)-1]
		switch gap := int64(next.offset) - int64(last.offset) - int64(len(last.bytes)); {
		case gap < 0:
			return raw
		case gap <= limits.ModuleDataGap:
			last.bytes = append(append(last.bytes, make([]byte, gap)...), next.bytes...)
		default:
			joined = append(joined, next)
		}
	}
	return encodeSegments(joined)
}

// dataSegment is bytes that are copied to the memory when a module is instantiated.
// https://webassembly.github.io/spec/core/binary/modules.html#data-section
type dataSegment struct {
	offset uint32
	bytes  []byte // nothing behind it may be written: its capacity ends with it
}

// plainSegments reads the segments, if all of them are for memory 0 and at a constant offset.
func (w *rewriter) plainSegments(s section) (segments []dataSegment, plain bool) {
	r := &reader{buf: w.m.raw, pos: s.start, end: s.end}
	for range r.u32() {
		if r.u32() != 0 || r.byte() != opI32Const {
			return nil, false
		}
		offset := uint32(r.signed(32))
		if r.byte() != opEnd {
			return nil, false
		}
		segments = append(segments, dataSegment{offset, r.bytes(r.u32())})
	}
	return segments, r.err == nil
}

func encodeSegments(segments []dataSegment) []byte {
	out := appendU32(nil, uint32(len(segments)))
	for _, d := range segments {
		out = append(appendS32(append(out, 0, opI32Const), int32(d.offset)), opEnd)
		out = append(appendU32(out, uint32(len(d.bytes))), d.bytes...)
	}
	return out
}
