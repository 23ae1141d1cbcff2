package main

import (
	"slices"
	"time"
)

// samples are the figures of several turns.
type samples []float64

// median is the middle one, or the mean of the two in the middle; 0 of none.
func (s samples) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// over are the ratios of two series, turn by turn.
func (s samples) over(other samples) samples {
	ratios := make(samples, len(s))
	for i := range s {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// percentile is the smallest duration that p percent do not exceed, by the nearest-rank method. The durations are sorted.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}
