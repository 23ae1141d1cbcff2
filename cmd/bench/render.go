package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// render is the whole report in Markdown.
func render(measured []measuredRow, machine string, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; measured in %v.\n\n", machine, took.Round(time.Second))
	b.WriteString("| row | case | A | B | A/B, median | A/B, min..max |\n|---|---|---|---|---|---|\n")
	for _, row := range measured {
		for _, l := range row.lines {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.name, l.name, l.a, orDash(l.b), renderRatios(l.ratios))
		}
	}
	b.WriteString("\n")
	for _, row := range measured {
		fmt.Fprintf(&b, "- **%s**: %s\n", row.name, row.about)
	}
	return b.String()
}

// renderRatios fills the last two columns.
func renderRatios(ratios samples) string {
	if len(ratios) == 0 {
		return "– | –"
	}
	return fmt.Sprintf("%.2f | %.2f..%.2f", ratios.median(), slices.Min(ratios), slices.Max(ratios))
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// ms is a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond)) }

// nanoseconds reads well from a nanosecond to seconds.
func nanoseconds(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	default:
		return fmt.Sprintf("%.4g ms", ns/1e6)
	}
}

// mib is a number of bytes in MiB.
func mib[T int64 | uint64 | float64](bytes T) string {
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// kib is a number of bytes in KiB.
func kib(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/(1<<10)) }
