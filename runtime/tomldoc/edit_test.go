package tomldoc

import (
	"errors"
	"strings"
	"testing"
)

var editLimits = Limits{Bytes: 1 << 16, Depth: 16, Keys: 1000, Key: 128}

func TestAddToList(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"empty text": {"", "[adapters.echo]\ngrants = [\"a\", \"b\"]\n"},
		"no table": {
			"# mine\ndata_dir = \"d\" # here\n",
			"# mine\ndata_dir = \"d\" # here\n\n[adapters.echo]\ngrants = [\"a\", \"b\"]\n",
		},
		"no line break at the end": {"x = 1", "x = 1\n\n[adapters.echo]\ngrants = [\"a\", \"b\"]\n"},
		"table": {
			"[adapters.echo] # the echo\n# its token\ntoken = \"t\"\n\n[adapters.other]\n",
			"[adapters.echo] # the echo\ngrants = [\"a\", \"b\"]\n# its token\ntoken = \"t\"\n\n[adapters.other]\n",
		},
		"table at the end":         {"[adapters.echo]", "[adapters.echo]\ngrants = [\"a\", \"b\"]"},
		"table with a quoted name": {"[ adapters . \"echo\" ]\nx = 1\n", "[ adapters . \"echo\" ]\ngrants = [\"a\", \"b\"]\nx = 1\n"},
		"line breaks of Windows":   {"[adapters.echo]\r\nx = 1\r\n", "[adapters.echo]\r\ngrants = [\"a\", \"b\"]\r\nx = 1\r\n"},
		"list":                     {"[adapters.echo]\ngrants = [\"old\"] # why\n", "[adapters.echo]\ngrants = [\"old\", \"a\", \"b\"] # why\n"},
		"empty list":               {"[adapters.echo]\ngrants = [ ]\n", "[adapters.echo]\ngrants = [\"a\", \"b\" ]\n"},
		"list over several lines": {
			"[adapters.echo]\ngrants = [\n  \"old\", # first\n]\n",
			"[adapters.echo]\ngrants = [\n  \"old\", \"a\", \"b\", # first\n]\n",
		},
		"only a table below": {
			"[adapters.echo.limits]\nmemory = \"8MiB\"\n",
			"[adapters.echo.limits]\nmemory = \"8MiB\"\n\n[adapters.echo]\ngrants = [\"a\", \"b\"]\n",
		},
		"inline table": {
			"[adapters]\necho = { token = \"t\" } # x\n",
			"[adapters]\necho = { grants = [\"a\", \"b\"], token = \"t\" } # x\n",
		},
	} {
		d, err := Parse(c.before, editLimits)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := d.AddToList([]string{"adapters", "echo"}, "grants", []string{"a", "b"}, editLimits)
		if err != nil || got != c.after {
			t.Errorf("%s: %v\n%q\nwant\n%q", name, err, got, c.after)
		}
	}
}

// Where a text cannot be edited without changing what it says otherwise, it is left alone.
func TestAddToListFindsNoPlace(t *testing.T) {
	for name, text := range map[string]string{
		"dotted keys":      "[adapters]\necho.token = \"t\"\n",
		"no list":          "[adapters.echo]\ngrants = \"a\"\n",
		"no table":         "adapters = 1\n",
		"a list of tables": "[[adapters.echo]]\nx = 1\n",
	} {
		d, err := Parse(text, editLimits)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := d.AddToList([]string{"adapters", "echo"}, "grants", []string{"a"}, editLimits); !errors.Is(err, ErrNoPlace) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

// Whatever is added comes back as it was, and nothing beside it changes.
func FuzzAddToList(f *testing.F) {
	f.Add("[adapters.echo]\nx = 1\n", "listen 0.0.0.0:80", "echo")
	f.Add("adapters = { echo = {} }", "\"\\\x7f\n", "e.c\"ho")
	f.Fuzz(func(t *testing.T, text, item, name string) {
		d, err := Parse(text, editLimits)
		if err != nil || !strings.Contains(text, "\n") && len(text) > 100 {
			return
		}
		edited, err := d.AddToList([]string{"adapters", name}, "grants", []string{item}, editLimits)
		if err != nil {
			return
		}
		after, err := Parse(edited, editLimits)
		if err != nil {
			t.Fatal(err)
		}
		adapters, _ := after.Root()["adapters"].(map[string]any)
		echo, _ := adapters[name].(map[string]any)
		list, _ := echo["grants"].([]any)
		if len(list) == 0 || list[len(list)-1] != item {
			t.Errorf("%q was added to %q: %q", item, text, edited)
		}
	})
}
