package manifest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"innkeeper/runtime/limits"
)

// Coerce turns a TOML value into the setting's Go value (see Type) and checks range and enum. Its error reads on after
// the setting's name, such as `must be an integer, not the string "abc"`, and shows no secret.
func (s *Setting) Coerce(raw any) (any, error) {
	v, err := s.convert(raw)
	if err != nil {
		return nil, err
	}
	return v, s.check(v)
}

// CoerceText is Coerce for text from the environment or a file. Items of a list are separated by commas.
func (s *Setting) CoerceText(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("must be UTF-8 text")
	}
	raw, err := s.parse(text)
	if err != nil {
		return nil, s.mismatch(text)
	}
	return s.Coerce(raw)
}

// parse reads text as the TOML value that Coerce expects.
func (s *Setting) parse(text string) (any, error) {
	switch s.Type {
	case TypeInt:
		return strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	case TypeFloat:
		return strconv.ParseFloat(strings.TrimSpace(text), 64)
	case TypeBool:
		return ParseBool(text)
	case TypeDuration, TypeSize:
		return strings.TrimSpace(text), nil
	case TypeStrings:
		return splitList(text), nil
	}
	return text, nil
}

// convert checks the type of raw.
func (s *Setting) convert(raw any) (any, error) {
	switch s.Type {
	case TypeString:
		return convertTo[string](s, raw)
	case TypeInt:
		return convertTo[int64](s, raw)
	case TypeBool:
		return convertTo[bool](s, raw)
	case TypeFloat:
		return s.float(raw)
	case TypeDuration:
		return s.duration(raw)
	case TypeSize:
		return s.size(raw)
	case TypeStrings:
		return s.list(raw)
	}
	return nil, fmt.Errorf("has the unknown type %q", s.Type)
}

func convertTo[T any](s *Setting, raw any) (any, error) {
	if v, ok := raw.(T); ok {
		return v, nil
	}
	return nil, s.mismatch(raw)
}

func (s *Setting) float(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return float64(v), nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
	}
	return nil, s.mismatch(raw)
}

func (s *Setting) duration(raw any) (any, error) {
	if text, ok := raw.(string); ok {
		if v, err := time.ParseDuration(text); err == nil {
			return v, nil
		}
	}
	return nil, s.mismatch(raw)
}

func (s *Setting) size(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case string:
		if n, err := ParseSize(v); err == nil {
			return n, nil
		}
	}
	return nil, s.mismatch(raw)
}

func (s *Setting) list(raw any) (any, error) {
	items, ok := raw.([]any)
	if !ok {
		return nil, s.mismatch(raw)
	}
	list := make([]string, 0, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("must be a list of strings, but item %d is %s", i+1, s.describe(item))
		}
		list = append(list, text)
	}
	return list, nil
}

// check applies range and enum. Sizes and durations are never negative and durations never longer than a month.
func (s *Setting) check(v any) error {
	low, high := s.Min, s.Max
	switch {
	case s.Type == TypeDuration && low == nil:
		low = time.Duration(0)
	case s.Type == TypeSize && low == nil:
		low = int64(0)
	}
	if s.Type == TypeDuration && high == nil {
		high = limits.SettingDurationMax
	}
	not := ""
	if !s.Secret {
		not = ", not " + s.Format(v)
	}
	switch {
	case low != nil && less(v, low):
		return fmt.Errorf("must be at least %s%s", s.Format(low), not)
	case high != nil && less(high, v):
		return fmt.Errorf("must be at most %s%s", s.Format(high), not)
	case len(s.Enum) > 0 && s.Type.enumerable() && !slices.Contains(s.Enum, v):
		return fmt.Errorf("must be %s%s", s.choices(), not)
	}
	return nil
}

// less compares two values of the same ordered type; others are never less.
func less(a, b any) bool {
	switch a := a.(type) {
	case int64:
		b, ok := b.(int64)
		return ok && a < b
	case float64:
		b, ok := b.(float64)
		return ok && a < b
	case time.Duration:
		b, ok := b.(time.Duration)
		return ok && a < b
	}
	return false
}

// splitList splits text at commas and drops empty items.
func splitList(text string) []any {
	items := []any{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, part)
		}
	}
	return items
}
