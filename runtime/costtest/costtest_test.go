package costtest

import (
	"encoding/json"
	"testing"
)

// The oracle tells growth that is linear from growth that is not.
func TestIsLinear(t *testing.T) {
	const fixed = 1 << 20
	for _, c := range []struct {
		name string
		cost func(n int) int
		want bool
	}{
		{"constant", func(int) int { return 1 << 16 }, true},
		{"linear", func(n int) int { return 12*n + 9000 }, true},
		{"buffers that double", func(n int) int { return 5 * nextPower(n+n/3) }, true},
		{"quadratic", func(n int) int { return n * n / 100 }, false},
		{"quadratic late", func(n int) int { return 100*n + n*n/1000 }, false},
		{"a power between", func(n int) int { return n * nextPower(n) / 256 }, false},
		{"from a pool, up to a size", func(n int) int {
			if n <= 32<<10 {
				return 120
			}
			return 16 * n / 3
		}, true},
		{"below the fixed part", func(n int) int { return n * n / (largest * largest / fixed) }, true},
	} {
		var costs []cost
		for n := smallest; n <= largest; n *= 2 {
			costs = append(costs, cost{n, c.cost(n)})
		}
		if got := isLinear(costs, fixed); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func nextPower(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

func TestAllocated(t *testing.T) {
	var kept []byte
	if n := allocated(func() { kept = make([]byte, 1<<20) }); n < len(kept) || n > len(kept)+64<<10 {
		t.Errorf("%d bytes for a megabyte", n)
	}
}

func TestShapesAreWhatTheySay(t *testing.T) {
	for _, size := range []int{smallest, 64 << 10} {
		for _, shape := range JSON() {
			if text := shape.Make(size); !json.Valid([]byte(text)) || len(text) < size/2 || len(text) > 2*size {
				t.Errorf("%s: %d bytes of %d, %.40s", shape.Name, len(text), size, text)
			}
		}
		for _, shape := range Broken() {
			if text := shape.Make(size); json.Valid([]byte(text)) || len(text) < size/2 || len(text) > 2*size {
				t.Errorf("%s: %d bytes of %d, %.40s", shape.Name, len(text), size, text)
			}
		}
	}
}
