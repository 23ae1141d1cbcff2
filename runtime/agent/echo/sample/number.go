package sample

import (
	"math"
	"slices"
	"strconv"

	"innkeeper/adapters/lib/jsontext"
)

// maxTries ends a search for a number that is a multiple of several others.
const maxTries = 1000

// bounds is what the numeric keywords of a conjunction come to.
type bounds struct {
	low, high float64 // both allowed; infinite where open
	multiples []float64
}

func (m *maker) bounds(all conjunction) bounds {
	inf := math.Inf(1)
	b := bounds{low: -inf, high: inf}
	for _, s := range all {
		b.low = max(b.low, m.float(s, "minimum", -inf), math.Nextafter(m.float(s, "exclusiveMinimum", -inf), inf))
		b.high = min(b.high, m.float(s, "maximum", inf), math.Nextafter(m.float(s, "exclusiveMaximum", inf), -inf))
		if f := m.float(s, "multipleOf", 0); f > 0 {
			b.multiples = append(b.multiples, f)
		}
	}
	return b
}

// float reads a keyword that is a number.
func (m *maker) float(s jsontext.Value, keyword string, otherwise float64) float64 {
	v := s.Get(keyword)
	if v.Kind() == jsontext.None {
		return otherwise
	}
	if m.spend(len(v.Raw())); m.work < 0 {
		return otherwise
	}
	f, ok := v.Float()
	if !ok {
		m.fail("schema[%s]: a number that can be held is needed, not %s", keyword, v.Kind())
	}
	return f
}

// allows reports whether f keeps all bounds. 0.3 is not three times 0.1 in binary, which is allowed for.
func (b *bounds) allows(f float64) bool {
	return f >= b.low && f <= b.high && !slices.ContainsFunc(b.multiples, func(m float64) bool {
		q := f / m
		return math.Abs(q-math.Round(q)) > 1e-9*max(1, math.Abs(q))
	})
}

// number looks among the multiples of the largest step, away from zero, and else between the bounds.
func (m *maker) number(all conjunction, integer bool) (string, bool) {
	m.spend(copyWork * len(all))
	b, step := m.bounds(all), 1.0
	if integer {
		b.multiples = append(b.multiples, 1)
	}
	if len(b.multiples) > 0 {
		step = slices.Max(b.multiples)
	}
	nearest := max(0, math.Ceil(b.low/step)) + min(0, math.Floor(b.high/step))
	for i := 0; i < maxTries && m.work >= 0; i++ {
		m.spend(1 + len(b.multiples))
		if f := (nearest + math.Copysign(float64(i), nearest)) * step; b.allows(f) {
			return formatNumber(f), true
		}
	}
	f := b.low + (b.high-b.low)/2
	return formatNumber(f), b.allows(f)
}

func formatNumber(f float64) string {
	if short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64); err == nil && f != math.Trunc(f) {
		f = short // 0.3, not 0.30000000000000004
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
