package abi

import "strings"

// AppendHeader appends one line to a header block: "name: value\n". A line break inside of name or value becomes a space, so
// that no value can smuggle in a line of its own.
func AppendHeader[T ~[]byte](block T, name, value string) T {
	block = append(appendLine(block, name), ": "...)
	return append(appendLine(block, value), '\n')
}

func appendLine[T ~[]byte](dst T, s string) T {
	from := len(dst)
	dst = append(dst, s...)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return dst
}

// CutHeader takes the first line off a header block. The last line may lack its "\n". Spaces and tabs around the value do not
// count. ok is false for a line that is no header.
func CutHeader(block string) (name, value, rest string, ok bool) {
	line, rest, _ := strings.Cut(block, "\n")
	name, value, ok = strings.Cut(line, ":")
	return name, strings.Trim(value, " \t"), rest, ok
}
