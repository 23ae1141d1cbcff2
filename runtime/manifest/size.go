package manifest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is one suffix of a size.
type unit struct {
	suffix string
	bytes  int64
}

// units returns the suffixes, the largest first, binary ones before decimal ones of the same letter.
func units() []unit {
	return []unit{
		{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
	}
}

// ParseSize reads a number of bytes such as 4096, "64KiB", "10MB" or "1 GiB". Binary and decimal units are what they say.
func ParseSize(text string) (int64, error) {
	number, factor := strings.TrimSpace(text), int64(1)
	for _, u := range units() {
		if cut := len(number) - len(u.suffix); cut > 0 && strings.EqualFold(number[cut:], u.suffix) {
			number, factor = strings.TrimSpace(number[:cut]), u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return 0, fmt.Errorf("size[%s]: not a number of bytes, such as 64MiB", shorten(text))
	}
	return int64(n) * factor, nil
}

// FormatSize writes a number of bytes with the largest unit that divides it.
func FormatSize(n int64) string {
	for _, u := range units() {
		if n != 0 && n%u.bytes == 0 && u.bytes > 1 {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
