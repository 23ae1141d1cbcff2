package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	got := render([]measuredRow{{row{"r", "what it is", nil}, []line{
		{"a case", "2 ms", "1 ms", samples{1, 2, 4}},
		{name: "a figure", a: "7"},
	}}}, "a machine", 61*time.Second)
	for _, want := range []string{
		"a machine; measured in 1m1s.",
		"| r | a case | 2 ms | 1 ms | 2.00 | 1.00..4.00 |",
		"| r | a figure | 7 | – | – | – |",
		"- **r**: what it is",
	} {
		if !slices.Contains(strings.Split(got, "\n"), want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}

func TestChoose(t *testing.T) {
	all := rows()
	if chosen, err := choose(all, ""); err != nil || len(chosen) != len(all) {
		t.Errorf("nothing named: %v %v", names(chosen), err)
	}
	if chosen, err := choose(all, "start,request"); err != nil || !slices.Equal(names(chosen), []string{"start", "request"}) {
		t.Errorf("two named: %v %v", names(chosen), err)
	}
	if _, err := choose(all, "start,nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("an unknown one: %v", err)
	}
}
