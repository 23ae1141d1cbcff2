package main

import (
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   samples
		want float64
	}{{nil, 0}, {samples{3}, 3}, {samples{9, 1, 4}, 4}, {samples{4, 1, 9, 2}, 3}} {
		if got := c.in.median(); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
	}
}

func TestRatiosGoTurnByTurn(t *testing.T) {
	if got := (samples{2, 9}).over(samples{4, 3}); !slices.Equal(got, samples{0.5, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestPercentile(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(i+1))
	}
	for p, want := range map[int]time.Duration{0: 1, 50: 50, 99: 99, 100: 100} {
		if got := percentile(all, p); got != want {
			t.Errorf("p%d is %d, want %d", p, got, want)
		}
	}
	if got := percentile(all[:1], 50); got != 1 {
		t.Errorf("p50 of one is %d", got)
	}
}
