package manifest

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCoerce(t *testing.T) {
	for _, tc := range []struct {
		s    Setting
		raw  any
		want any
		err  string
	}{
		{Setting{Type: TypeString}, "x", "x", ""},
		{Setting{Type: TypeString}, int64(1), nil, "must be a string, not the integer 1"},
		{Setting{Type: TypeString, Secret: true}, int64(1234567), nil, "must be a string, not an integer"},
		{Setting{Type: TypeString, Secret: true}, true, nil, "must be a string, not a boolean"},
		{Setting{Type: TypeString, Enum: []any{"a", "b", "c"}}, "d", nil, `must be "a", "b" or "c", not "d"`},
		{Setting{Type: TypeInt}, int64(7), int64(7), ""},
		{Setting{Type: TypeInt}, "7", nil, `must be an integer, not the string "7"`},
		{Setting{Type: TypeInt}, 7.5, nil, "must be an integer, not the number 7.5"},
		{Setting{Type: TypeInt, Min: int64(1), Max: int64(9)}, int64(0), nil, "must be at least 1, not 0"},
		{Setting{Type: TypeInt, Min: int64(1), Max: int64(9)}, int64(10), nil, "must be at most 9, not 10"},
		{Setting{Type: TypeInt, Enum: []any{int64(1), int64(2)}}, int64(3), nil, "must be 1 or 2, not 3"},
		{Setting{Type: TypeBool}, true, true, ""},
		{Setting{Type: TypeBool}, "yes", nil, `must be true or false, not the string "yes"`},
		{Setting{Type: TypeFloat}, int64(2), 2.0, ""},
		{Setting{Type: TypeFloat}, math.NaN(), nil, "must be a number, not the number NaN"},
		{Setting{Type: TypeDuration}, "1m30s", 90 * time.Second, ""},
		{Setting{Type: TypeDuration}, int64(5), nil, `must be a duration such as "1m30s", not the integer 5`},
		{Setting{Type: TypeDuration}, "5", nil, `must be a duration such as "1m30s", not the string "5"`},
		{Setting{Type: TypeDuration}, "-1s", nil, `must be at least "0s", not "-1s"`},
		{Setting{Type: TypeDuration}, "10000h", nil, `must be at most "720h0m0s", not "10000h0m0s"`},
		{Setting{Type: TypeSize}, "256MiB", int64(256 << 20), ""},
		{Setting{Type: TypeSize}, int64(4096), int64(4096), ""},
		{Setting{Type: TypeSize}, int64(-1), nil, `must be at least "0B", not "-1B"`},
		{Setting{Type: TypeSize, Max: int64(4 << 30)}, "5GiB", nil, `must be at most "4GiB", not "5GiB"`},
		{Setting{Type: TypeSize}, "big", nil, `must be a size such as "64MiB", not the string "big"`},
		{Setting{Type: TypeStrings}, []any{"a", "b"}, []string{"a", "b"}, ""},
		{Setting{Type: TypeStrings}, "a", nil, `must be a list of strings, not the string "a"`},
		{Setting{Type: TypeStrings}, []any{"a", int64(1)}, nil, "must be a list of strings, but item 2 is the integer 1"},
		{Setting{Type: TypeInt}, map[string]any{}, nil, "must be an integer, not a table"},
		{Setting{Type: TypeInt}, []any{}, nil, "must be an integer, not a list"},
		{Setting{Type: TypeInt}, time.Time{}, nil, "must be an integer, not a date"},
		{Setting{Type: TypeInt}, strings.Repeat("x", 99), nil, `must be an integer, not the string "` + strings.Repeat("x", 60) + `…"`},
	} {
		got, err := tc.s.Coerce(tc.raw)
		if errText(err) != tc.err || err == nil && !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s %v: %#v, %v; want %#v, %s", tc.s.Type, tc.raw, got, err, tc.want, tc.err)
		}
	}
}

func TestCoerceText(t *testing.T) {
	for _, tc := range []struct {
		s    Setting
		text string
		want any
		err  string
	}{
		{Setting{Type: TypeString}, " x ", " x ", ""},
		{Setting{Type: TypeInt}, " 7 ", int64(7), ""},
		{Setting{Type: TypeInt}, "seven", nil, `must be an integer, not the string "seven"`},
		{Setting{Type: TypeBool}, "YES", true, ""},
		{Setting{Type: TypeBool}, "0", false, ""},
		{Setting{Type: TypeBool}, "maybe", nil, `must be true or false, not the string "maybe"`},
		{Setting{Type: TypeFloat}, "2.5", 2.5, ""},
		{Setting{Type: TypeFloat}, "inf", nil, "must be a number, not the number +Inf"},
		{Setting{Type: TypeDuration}, "5s", 5 * time.Second, ""},
		{Setting{Type: TypeSize}, "10MB", int64(10_000_000), ""},
		{Setting{Type: TypeStrings}, "a, b,,c ", []string{"a", "b", "c"}, ""},
		{Setting{Type: TypeStrings}, "", []string{}, ""},
		{Setting{Type: TypeString}, "\xff", nil, "must be UTF-8 text"},
	} {
		got, err := tc.s.CoerceText(tc.text)
		if errText(err) != tc.err || err == nil && !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s %q: %#v, %v; want %#v, %s", tc.s.Type, tc.text, got, err, tc.want, tc.err)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "12B": 12, "64KiB": 64 << 10, "64kib": 64 << 10, "10MB": 10_000_000, "1 GiB": 1 << 30, " 3GB ": 3e9,
		"9223372036854775807": math.MaxInt64,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "1TB", "0x10", "9223372036854775808", "9007199254740993KiB", "1e3", "1 2MB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d", text, got)
		}
	}
	for n, want := range map[int64]string{0: "0B", 1: "1B", 1 << 20: "1MiB", 10_000_000: "10MB", 4 << 30: "4GiB", 1500: "1500B", 65536: "64KiB"} {
		if got := FormatSize(n); got != want {
			t.Errorf("FormatSize(%d) = %s, want %s", n, got, want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
