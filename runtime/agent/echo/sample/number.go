package sample

import (
	"math"
	"strconv"

	"github.com/valyala/fastjson"
)

// maxSteps bounds the search for a number that is a multiple of several others.
const maxSteps = 10_000

// searchWork is what a search in vain costs of the work allowed.
const searchWork = 200

// bounds is what the numeric keywords of a conjunction come to.
type bounds struct {
	low, high             float64 // infinite where open
	openLow, openHigh     bool    // whether the bound itself is excluded
	multiples             []float64
	step                  float64 // the largest of multiples, 0 without any
	integer, hasLow, hasH bool
}

func (alt conjunction) bounds(integer bool) bounds {
	b := bounds{low: math.Inf(-1), high: math.Inf(1), integer: integer}
	for _, s := range alt {
		b.raise(s, "minimum", s.GetBool("exclusiveMinimum"))
		b.raise(s, "exclusiveMinimum", true)
		b.lower(s, "maximum", s.GetBool("exclusiveMaximum"))
		b.lower(s, "exclusiveMaximum", true)
		if m := s.GetFloat64("multipleOf"); m > 0 {
			b.multiples = append(b.multiples, m)
			b.step = math.Max(b.step, m)
		}
	}
	if integer {
		b.step = math.Max(b.step, 1)
	}
	b.hasLow, b.hasH = !math.IsInf(b.low, 0), !math.IsInf(b.high, 0)
	return b
}

func (b *bounds) raise(s *fastjson.Value, key string, open bool) {
	if v := s.Get(key); v != nil && v.Type() == fastjson.TypeNumber {
		if f := v.GetFloat64(); f > b.low || (f == b.low && open) {
			b.low, b.openLow = f, open
		}
	}
}

func (b *bounds) lower(s *fastjson.Value, key string, open bool) {
	if v := s.Get(key); v != nil && v.Type() == fastjson.TypeNumber {
		if f := v.GetFloat64(); f < b.high || (f == b.high && open) {
			b.high, b.openHigh = f, open
		}
	}
}

// allows reports whether f keeps all bounds.
func (b *bounds) allows(f float64) bool {
	if f < b.low || f > b.high || (b.openLow && f == b.low) || (b.openHigh && f == b.high) {
		return false
	}
	if b.integer && f != math.Trunc(f) {
		return false
	}
	for _, m := range b.multiples {
		if !isMultiple(f, m) {
			return false
		}
	}
	return true
}

// isMultiple allows for 0.3 not being three times 0.1 in binary.
func isMultiple(f, m float64) bool {
	q := f / m
	return math.Abs(q-math.Round(q)) <= 1e-9*math.Max(1, math.Abs(q))
}

func (m *maker) number(alt conjunction, integer bool, variant int) *fastjson.Value {
	b := alt.bounds(integer)
	f, ok := b.real(variant)
	if b.step > 0 {
		f, ok = b.stepped(variant)
	}
	if !ok {
		m.left -= searchWork
		return nil
	}
	return m.arena.NewNumberString(formatNumber(f))
}

// stepped walks the multiples of the step from the bound nearest to zero.
func (b *bounds) stepped(skip int) (float64, bool) {
	k, direction := 0.0, 1.0
	switch {
	case b.low > 0:
		k = math.Ceil(b.low / b.step)
	case b.high < 0:
		k, direction = math.Floor(b.high/b.step), -1
	case b.hasH && !b.hasLow:
		direction = -1
	}
	for range maxSteps {
		f := k * b.step
		if b.allows(f) {
			if skip == 0 {
				return f, true
			}
			skip--
		}
		if k += direction; f > b.high || (direction < 0 && f < b.low) {
			break
		}
	}
	// Upwards from zero is used up; below zero there may be more.
	if direction > 0 && b.low < 0 {
		for k = -1.0; k > -maxSteps && k*b.step >= b.low; k-- {
			if f := k * b.step; b.allows(f) {
				if skip == 0 {
					return f, true
				}
				skip--
			}
		}
	}
	return 0, false
}

// real picks among numbers without a step.
func (b *bounds) real(variant int) (float64, bool) {
	f := float64(variant)
	switch {
	case b.allows(f):
	case b.hasLow && b.hasH && variant == 0 && b.allows(b.low):
		f = b.low
	case b.hasLow && b.hasH:
		f = b.low + (b.high-b.low)/float64(variant+2)
	case b.hasLow:
		f = b.low + float64(variant)
		if b.openLow {
			f++
		}
	case b.hasH:
		f = b.high - float64(variant)
		if b.openHigh {
			f--
		}
	}
	return f, b.allows(f)
}

func formatNumber(f float64) string {
	if f == 0 {
		return "0" // never -0
	}
	if f != math.Trunc(f) {
		// 0.3, not 0.30000000000000004.
		if short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64); err == nil {
			f = short
		}
	}
	if math.Abs(f) < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
