package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/tomldoc"
)

// Error is one thing that is wrong with the configuration. It shows no value that may be secret.
type Error struct {
	File    string          // as it was given to Load; empty for what comes from the environment
	Line    int             // from 1; 0 if unknown
	Col     int             // from 1, in characters; 0 if unknown
	Table   string          // the table it is about, such as adapters.api_server; may be empty
	Msg     string          // what is wrong
	Hint    string          // what to do; may be empty
	Excerpt tomldoc.Excerpt // the line it is about; may be empty

	offset int // orders the errors
}

// Error implements error, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
		}
		b.WriteString(": ")
	}
	if e.Table != "" {
		b.WriteString("[" + e.Table + "] ")
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Report is the error with the line it is about and a mark under the place, for a terminal.
func (e *Error) Report() string {
	if e.Excerpt.Text == "" {
		return e.Error()
	}
	number := strconv.Itoa(e.Line)
	margin := strings.Repeat(" ", len(number))
	lines := []string{e.Error(), "  " + number + " | " + e.Excerpt.Text}
	if e.Excerpt.Col > 0 {
		mark := strings.Repeat(" ", e.Excerpt.Col-1) + strings.Repeat("^", max(1, e.Excerpt.Width))
		lines = append(lines, "  "+margin+" | "+mark)
	}
	return strings.Join(lines, "\n")
}

// Errors is everything that is wrong with a configuration: first the file in its order, then the environment.
type Errors []*Error

// Error implements error, one line for each.
func (e Errors) Error() string { return e.join((*Error).Error) }

// Report is all errors with their lines and marks, for a terminal.
func (e Errors) Report() string { return e.join((*Error).Report) }

// Unwrap lets errors.As find an *Error.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, err := range e {
		list[i] = err
	}
	return list
}

func (e Errors) join(format func(*Error) string) string {
	lines := make([]string, 0, len(e))
	for i, err := range e {
		if i == limits.ConfigErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(e)-i))
			break
		}
		lines = append(lines, format(err))
	}
	return strings.Join(lines, "\n")
}

// sort puts the errors in the order of the file and drops repetitions.
func (e Errors) sort() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int { return cmp.Compare(a.offset, b.offset) })
	return slices.CompactFunc(e, func(a, b *Error) bool { return a.Error() == b.Error() })
}
