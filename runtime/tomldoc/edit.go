package tomldoc

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ErrNoPlace means that an edit would not say what it was meant to: the table is written in a way that leaves no place for it.
var ErrNoPlace = errors.New("the text has no place for it")

// AddToList returns the text with strings added to the list under a key of a table, which is made if it is not there. Everything
// else in the text stays as it is, comments and order included.
func (d *Document) AddToList(table []string, key string, items []string, limits Limits) (string, error) {
	if len(items) == 0 {
		return d.text, nil
	}
	edited := d.added(table, key, items)
	after, err := Parse(edited, limits)
	if err != nil {
		return "", errors.Join(ErrNoPlace, err)
	}
	if want := withItems(d.root, append(slices.Clip(table), key), items); !reflect.DeepEqual(after.root, want) {
		return "", ErrNoPlace
	}
	return edited, nil
}

// added is the edited text, which may not be right; empty if there is no place.
func (d *Document) added(table []string, key string, items []string) string {
	line := key + " = [" + quoted(items) + "]"
	list, hasKey := d.entries[join(append(slices.Clip(table), key))]
	header, hasTable := d.entries[join(table)]
	switch {
	case hasKey:
		return d.appendTo(list.value, append(slices.Clip(table), key), items)
	case hasTable && header.value.Len > 0: // an inline table
		return d.insert(header.value.Offset+1, " "+line+",")
	case hasTable && d.isHeader(header.key):
		return d.insert(lineEnd(d.text, header.key.Offset), d.newline()+line)
	case hasTable && !d.inHeader(header.key):
		return "" // made by dotted keys, and TOML allows no header for it then
	}
	text := strings.TrimRight(d.text, "\r\n")
	if text != "" {
		text += d.newline() + d.newline()
	}
	return text + "[" + headerOf(table) + "]" + d.newline() + line + d.newline()
}

// appendTo adds items behind the last one of a list.
func (d *Document) appendTo(list Span, path []string, items []string) string {
	last, found := Span{}, false
	for i := 0; ; i++ {
		item, ok := d.entries[join(append(slices.Clip(path), strconv.Itoa(i)))]
		if !ok {
			break
		}
		last, found = item.value, true
	}
	if !found {
		return d.insert(list.Offset+1, quoted(items))
	}
	return d.insert(last.Offset+last.Len, ", "+quoted(items))
}

// isHeader reports whether a key stands in the brackets of a table's header, as its last part.
func (d *Document) isHeader(key Span) bool {
	rest := strings.TrimLeft(d.text[key.Offset+key.Len:], " \t")
	return d.inHeader(key) && strings.HasPrefix(rest, "]")
}

// inHeader reports whether a key stands in the brackets of a table's header.
func (d *Document) inHeader(key Span) bool {
	line := d.text[lineStart(d.text, key.Offset):lineEnd(d.text, key.Offset)]
	return strings.HasPrefix(strings.TrimLeft(line, " \t"), "[")
}

func (d *Document) insert(offset int, text string) string {
	if strings.HasSuffix(d.text[:offset], "\r") {
		offset-- // the line break is two characters
	}
	return d.text[:offset] + text + d.text[offset:]
}

// newline is the line break that the text uses.
func (d *Document) newline() string {
	if strings.Contains(d.text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

func headerOf(table []string) string {
	parts := make([]string, len(table))
	for i, part := range table {
		parts[i] = part
		if part == "" || strings.IndexFunc(part, func(r rune) bool { return r > '~' || !isBare(byte(r)) }) >= 0 {
			parts[i] = basicString(part)
		}
	}
	return strings.Join(parts, ".")
}

func quoted(items []string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = basicString(item)
	}
	return strings.Join(texts, ", ")
}

// basicString writes a string as TOML does. https://toml.io/en/v1.1.0#string
func basicString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// withItems is a document with items at the end of the list at path.
func withItems(root map[string]any, path []string, items []string) map[string]any {
	changed := maps.Clone(root)
	if changed == nil {
		changed = map[string]any{}
	}
	if len(path) > 1 {
		below, _ := changed[path[0]].(map[string]any)
		changed[path[0]] = withItems(below, path[1:], items)
		return changed
	}
	list, _ := changed[path[0]].([]any)
	list = slices.Clip(list)
	for _, item := range items {
		list = append(list, item)
	}
	changed[path[0]] = list
	return changed
}
