package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"innkeeper/runtime/admin"
)

// statusWidth is how much of a reason or error the table shows, in characters. What is longer follows whole below.
const statusWidth = 100

func (a *app) statusTable(status admin.Status, now time.Time) *table {
	t := &table{head: []string{"NAME", "STATE", "SINCE", "GEN", "ADDRESS", "OPEN HANDLES", "OPENED/CLOSED/FAILED", "NEXT ATTEMPT", "REASON OR LAST ERROR"}}
	for _, adapter := range status.Adapters {
		c := stateColour(adapter)
		t.add(
			plain("%s", adapter.Name), cell{adapter.State, c}, plain("%s", shortDuration(now.Sub(adapter.Since))),
			plain("%s", generations(adapter)), plain("%s", adapter.Listen), plain("%s", openHandles(adapter.Handles.Open)),
			totals(adapter.Handles), plain("%s", nextAttempt(adapter, now)), plain("%s", cut(why(adapter, now), statusWidth)),
		)
	}
	return t
}

// generations returns the current generation, and the one before it if that still works.
func generations(adapter admin.Adapter) string {
	if adapter.Predecessor == 0 {
		return fmt.Sprint(adapter.Generation)
	}
	return fmt.Sprintf("%d (%d ends)", adapter.Generation, adapter.Predecessor)
}

// longReasons returns the reasons and errors that the table has cut, whole: what helps an operator is often at their end.
func longReasons(status admin.Status, now time.Time) []string {
	var texts []string
	for _, adapter := range status.Adapters {
		if text := oneLine(why(adapter, now)); cut(text, statusWidth) != text {
			texts = append(texts, adapter.Name+": "+text)
		}
	}
	return texts
}

// openHandles returns a list such as "http.exchange 2, sqlite.connection 1".
func openHandles(open map[string]int) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(open)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, open[kind]))
	}
	return strings.Join(parts, ", ")
}

func totals(h admin.Handles) cell {
	c := none
	if h.Failed > 0 {
		c = red
	}
	return cell{fmt.Sprintf("%d/%d/%d", h.Opened, h.Closed, h.Failed), c}
}

func nextAttempt(adapter admin.Adapter, now time.Time) string {
	if adapter.NextAttempt == nil {
		return ""
	}
	return fmt.Sprintf("in %s (no. %d)", shortDuration(adapter.NextAttempt.Sub(now)), adapter.Attempts+1)
}

// why returns the reason of the state, else the last error, which may be of a generation long ago.
func why(adapter admin.Adapter, now time.Time) string {
	text := adapter.Reason
	if adapter.Update != "" {
		text = strings.TrimSuffix("update "+adapter.Update+"; "+text, "; ")
	}
	if adapter.Attention {
		text = "NEEDS ATTENTION: " + text
	}
	if text != "" || adapter.LastError == "" {
		return text
	}
	if adapter.LastErrorAt == nil {
		return adapter.LastError
	}
	return fmt.Sprintf("%s ago: %s", shortDuration(now.Sub(*adapter.LastErrorAt)), adapter.LastError)
}

func processLine(p admin.Process, now time.Time) string {
	parts := []string{fmt.Sprintf("innkeeper %s", p.Version), fmt.Sprintf("pid %d", p.PID), "up " + shortDuration(now.Sub(p.Started))}
	if p.FDs >= 0 {
		parts = append(parts, fmt.Sprintf("%d descriptors", p.FDs))
	}
	parts = append(parts, fmt.Sprintf("%d goroutines", p.Goroutines))
	if p.RSSBytes >= 0 {
		parts = append(parts, fmt.Sprintf("%.1f MiB resident", float64(p.RSSBytes)/(1<<20)))
	}
	return strings.Join(append(parts, "data "+p.DataDir), ", ")
}

// shortDuration has the two largest units at most: "3d4h", "2h5m", "12s", "0.3s".
func shortDuration(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d >= 10*time.Second:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
