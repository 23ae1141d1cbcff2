package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// row is one row of the table.
type row struct {
	name string
	// about says what is compared, for the table's legend.
	about string
	// measure returns the row's lines.
	measure func(ctx context.Context, l *lab) ([]line, error)
}

// line is one line of a row.
type line struct {
	name string
	// a is the measured side and b what it is compared with, ready to be read.
	a, b string
	// ratios are a to b, one of each turn; empty where only the figures count.
	ratios samples
}

// measuredRow is a row with its lines.
type measuredRow struct {
	row
	lines []line
}

func names(all []row) []string {
	var list []string
	for _, r := range all {
		list = append(list, r.name)
	}
	return list
}

// choose picks rows by their names, separated by commas; all if there is none.
func choose(all []row, only string) ([]row, error) {
	if only == "" {
		return all, nil
	}
	var chosen []row
	for name := range strings.SplitSeq(only, ",") {
		n := slices.IndexFunc(all, func(r row) bool { return r.name == name })
		if n < 0 {
			return nil, fmt.Errorf("rows[%s]: no such row; there are %s", name, strings.Join(names(all), ", "))
		}
		chosen = append(chosen, all[n])
	}
	return chosen, nil
}
