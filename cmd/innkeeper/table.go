package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"innkeeper/runtime/safetext"
)

// colour is an SGR parameter; none is no colour.
type colour string

const (
	none   colour = ""
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	dim    colour = "2"
)

// paint colours text if that is welcome.
func paint(text string, c colour, welcome bool) string {
	if c == none || !welcome || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// cell is one field of a table.
type cell struct {
	text   string
	colour colour
}

func plain(format string, args ...any) cell { return cell{text: fmt.Sprintf(format, args...)} }

// table is rows of cells under a head. Widths are counted in characters without the escape sequences, which is why the
// standard library's tabwriter is not used.
type table struct {
	head []string
	rows [][]cell
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// write prints the table, two blanks between columns, an empty cell as a dash.
func (t *table) write(w io.Writer, colours bool) {
	head := make([]cell, len(t.head))
	for i, name := range t.head {
		head[i] = cell{name, dim}
	}
	rows := append([][]cell{head}, t.rows...)
	widths := make([]int, len(head))
	for _, row := range rows {
		for i := range row {
			row[i].text = orDash(oneLine(row[i].text))
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(paint(c.text, c.colour, colours))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		fmt.Fprintln(w, line.String())
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// oneLine makes text fit for a terminal: guests have a say in some of it.
func oneLine(text string) string {
	return safetext.Line(strings.ReplaceAll(text, "\n", " "), textBytes)
}

// textBytes is the most of one text on a terminal.
const textBytes = 8 << 10

// cut shortens text to a number of characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	runes := []rune(text)
	return string(runes[:most-1]) + "…"
}
