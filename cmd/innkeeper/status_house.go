package main

import (
	"fmt"
	"strings"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/budget"
)

// houseLines are what all adapters share, one budget a line, and what did not get through if there is such.
func houseLines(house admin.House) string {
	var text strings.Builder
	for _, b := range house.Budgets {
		fmt.Fprintf(&text, "%s: %s of %s", strings.ReplaceAll(b.Name, "_", " "), amount(b.Used, b.Unit), amount(b.Limit, b.Unit))
		if b.Peak > b.Used {
			fmt.Fprintf(&text, ", %s at most", amount(b.Peak, b.Unit))
		}
		if b.Short > 0 {
			fmt.Fprintf(&text, ", %d times short", b.Short)
		}
		fmt.Fprintf(&text, " (%s)\n", oneLine(b.Origin))
	}
	if house.LogDropped > 0 {
		fmt.Fprintf(&text, "log: %d lines were dropped, because nobody read it in time\n", house.LogDropped)
	}
	if house.ReadsGivenUp > 0 {
		fmt.Fprintf(&text, "files: %d reads were given up, because the file system did not answer; %d hang now\n", house.ReadsGivenUp, house.ReadsHanging)
	}
	return text.String()
}

// amount is a number of what a budget is of, as people write it.
func amount(n int64, unit string) string {
	if unit == "bytes" {
		return budget.Bytes(n)
	}
	return fmt.Sprint(n)
}
