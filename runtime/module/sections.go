package module

import (
	"bytes"
	"unicode/utf8"
)

// Section ids. https://webassembly.github.io/spec/core/binary/modules.html#sections
const (
	secCustom byte = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag // of the exception-handling proposal
)

const headerSize = 8

var (
	coreHeader      = []byte("\x00asm\x01\x00\x00\x00")
	componentSuffix = []byte{0x0d, 0x00, 0x01, 0x00}
)

func sectionName(id byte) string {
	names := [...]string{"custom", "type", "import", "function", "table", "memory", "global",
		"export", "start", "element", "code", "data", "data count", "tag"}
	if int(id) < len(names) {
		return names[id]
	}
	return "unknown"
}

// section is one section of a file; its content is [start, end).
type section struct {
	id          byte
	head        int // where its id stands
	start, end  int
	customStart int    // custom sections: where the content behind the name starts
	custom      string // custom sections: the name
}

// checkHeader refuses what is not a core module, and says what it is instead.
func checkHeader(raw []byte) *Error {
	magic, version := coreHeader[:4], coreHeader[4:]
	switch {
	case len(raw) == 0:
		return refuse(0, CodeEmpty, "file is empty").hint("build the module again; the build or a copy was cut off")
	case bytes.HasPrefix(raw, magic) && len(raw) >= headerSize:
		if bytes.Equal(raw[4:headerSize], componentSuffix) {
			return refuse(4, CodeComponent, "file is a component, not a core module").
				hint("build for wasm32-wasip1 (WASI preview 1), or unpack the core module from the component")
		}
		if !bytes.Equal(raw[4:headerSize], version) {
			return refuse(4, CodeVersion, "binary format version % x, supported is % x", raw[4:headerSize], version)
		}
		return nil
	case len(raw) < headerSize && (bytes.HasPrefix(raw, magic) || bytes.HasPrefix(magic, raw)):
		return refuse(len(raw), CodeShort, "file ends within the header, after %d of %d bytes", len(raw), headerSize).
			hint("build the module again; the build or a copy was cut off")
	case looksLikeText(raw):
		return refuse(0, CodeText, "file is text, not a WebAssembly binary").
			hint("translate .wat files with wat2wasm; check that a download did not save an error page")
	case len(raw) < headerSize:
		return refuse(len(raw), CodeShort, "file has %d bytes, a header alone has %d", len(raw), headerSize)
	}
	return refuse(0, CodeMagic, "file starts with % x, a WebAssembly module with % x", raw[:4], magic).
		hint("an adapter is a .wasm file built for wasm32-wasip1")
}

// looksLikeText looks at the first 256 bytes; the cut may split a character.
func looksLikeText(raw []byte) bool {
	head := raw[:min(len(raw), 256)]
	for i := 0; i < utf8.UTFMax && len(head) == 256-i && !utf8.Valid(head); i++ {
		head = head[:len(head)-1]
	}
	return utf8.Valid(head) && !bytes.ContainsFunc(head, func(c rune) bool {
		return c < ' ' && c != '\t' && c != '\n' && c != '\r'
	})
}

// splitSections finds all sections and checks ids, order and sizes, without
// reading what is inside, except for the names of custom sections.
func splitSections(raw []byte, lim Limits) ([]section, *Error) {
	if err := checkHeader(raw); err != nil {
		return nil, err
	}
	r := &reader{buf: raw, pos: headerSize, end: len(raw)}
	var sections []section
	order := sectionOrder{}
	customs, customBytes := 0, 0
	for r.err == nil && r.left() > 0 {
		s := r.section()
		if r.err == nil {
			r.err = order.check(s)
		}
		if s.id == secCustom && r.err == nil {
			customs, customBytes = customs+1, customBytes+s.end-s.start
			r.err = r.customHeader(&s, lim, customs, customBytes)
		}
		sections = append(sections, s)
	}
	if r.err != nil {
		return nil, r.err
	}
	return sections, nil
}

func (r *reader) section() section {
	s := section{head: r.pos}
	s.id = r.byte()
	if r.err == nil && s.id >= secTag {
		r.pos = s.head
		if s.id == secTag {
			r.fail(CodeFeature, "section[tag] belongs to exception handling, which is not enabled")
		} else {
			r.fail(CodeSection, "section id %d is not one of WebAssembly 2.0", s.id)
		}
	}
	size := r.u32()
	s.start = r.pos
	if r.err == nil && int64(size) > int64(r.left()) {
		r.fail(CodeTruncated, "section[%s] of %d bytes has only %d", sectionName(s.id), size, r.left())
		return s
	}
	r.bytes(size)
	s.end = r.pos
	return s
}

func (r *reader) customHeader(s *section, lim Limits, customs, total int) *Error {
	if customs > lim.Customs {
		return refuse(s.head, CodeLimit, "more than %d custom sections", lim.Customs)
	}
	if total > lim.CustomBytes {
		return refuse(s.head, CodeLimit, "custom sections have more than %d bytes", lim.CustomBytes).
			hint("strip the module: -ldflags '-s -w' for Go, wasm-strip or --strip-debug elsewhere")
	}
	in := &reader{buf: r.buf, pos: s.start, end: s.end}
	s.custom = in.name(lim.NameBytes)
	s.customStart = in.pos
	return in.err
}

// sectionOrder keeps the standard's order: ids ascend, custom sections are
// free, and data count stands between element and code.
type sectionOrder struct{ last int }

func (o *sectionOrder) check(s section) *Error {
	if s.id == secCustom {
		return nil
	}
	rank := int(s.id) * 2
	if s.id == secDataCount {
		rank = int(secElement)*2 + 1
	}
	switch {
	case rank == o.last:
		return refuse(s.head, CodeDuplicate, "section[%s] appears twice", sectionName(s.id))
	case rank < o.last:
		return refuse(s.head, CodeOrder, "section[%s] after a section that must follow it", sectionName(s.id))
	}
	o.last = rank
	return nil
}
