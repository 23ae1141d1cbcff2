package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// schemas checks values by the part of JSON Schema 2020-12 that the description of the API uses. A keyword that it does not
// know is a fault of the schema, so that nothing is taken for checked that was not.
// https://json-schema.org/draft/2020-12/json-schema-validation
type schemas struct{ root map[string]any }

// resolve follows references inside of the document.
func (s schemas) resolve(v any) map[string]any {
	for {
		m, ok := v.(map[string]any)
		if !ok {
			panic(fmt.Sprintf("not a schema: %v", v))
		}
		target, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		v = any(s.root)
		for step := range strings.SplitSeq(strings.TrimPrefix(target, "#/"), "/") {
			v = v.(map[string]any)[step]
		}
	}
}

// check gives the faults of a value, each with its place.
func (s schemas) check(schema, v any, at string) (faults []string) {
	if on, ok := schema.(bool); ok {
		if !on {
			return []string{at + " is not allowed"}
		}
		return nil
	}
	rules := s.resolve(schema)
	for keyword, rule := range rules {
		faults = append(faults, s.keyword(rules, keyword, rule, v, at)...)
	}
	return faults
}

func (s schemas) keyword(rules map[string]any, keyword string, rule, v any, at string) []string {
	wrong := func(format string, args ...any) []string { return []string{at + " " + fmt.Sprintf(format, args...)} }
	switch keyword {
	case "description", "default":
	case "type":
		if !isType(rule, v) {
			return wrong("is %T %.80v, not %v", v, v, rule)
		}
	case "const":
		if !reflect.DeepEqual(rule, v) {
			return wrong("is %.80v, not %v", v, rule)
		}
	case "enum":
		if !slices.ContainsFunc(rule.([]any), func(allowed any) bool { return reflect.DeepEqual(allowed, v) }) {
			return wrong("is %.80v, not one of %v", v, rule)
		}
	case "anyOf", "oneOf":
		return s.choose(keyword, rule.([]any), v, at)
	case "minimum", "maximum", "minLength", "maxLength", "pattern":
		return s.bound(keyword, rule, v, at)
	case "items", "minItems", "maxItems":
		return s.list(keyword, rule, v, at)
	case "properties", "required", "additionalProperties", "maxProperties":
		return s.object(rules, keyword, rule, v, at)
	default:
		return wrong("has a schema with the unknown keyword %q", keyword)
	}
	return nil
}

func isType(rule, v any) bool {
	names, ok := rule.([]any)
	if !ok {
		names = []any{rule}
	}
	n, isNumber := v.(float64)
	kinds := map[string]bool{
		"null": v == nil, "number": isNumber, "integer": isNumber && n == math.Trunc(n),
		"string": is[string](v), "boolean": is[bool](v), "array": is[[]any](v), "object": is[map[string]any](v),
	}
	return slices.ContainsFunc(names, func(name any) bool { return kinds[name.(string)] })
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func (s schemas) choose(keyword string, options []any, v any, at string) []string {
	fits, why := 0, []string{}
	for _, option := range options {
		faults := s.check(option, v, at)
		if len(faults) == 0 {
			fits++
		}
		why = append(why, faults...)
	}
	if fits == 0 || keyword == "oneOf" && fits > 1 {
		return []string{fmt.Sprintf("%s fits %d of %s: %s", at, fits, keyword, strings.Join(why, "; "))}
	}
	return nil
}

func (s schemas) bound(keyword string, rule, v any, at string) []string {
	ok := true
	switch v := v.(type) {
	case float64:
		ok = (keyword != "minimum" || v >= rule.(float64)) && (keyword != "maximum" || v <= rule.(float64))
	case string:
		n := float64(utf8.RuneCountInString(v))
		ok = (keyword != "minLength" || n >= rule.(float64)) && (keyword != "maxLength" || n <= rule.(float64)) &&
			(keyword != "pattern" || regexp.MustCompile(rule.(string)).MatchString(v))
	}
	if !ok {
		return []string{fmt.Sprintf("%s is %v, against %s %v", at, v, keyword, rule)}
	}
	return nil
}

func (s schemas) list(keyword string, rule, v any, at string) (faults []string) {
	list, ok := v.([]any)
	switch {
	case !ok:
	case keyword == "items":
		for i, item := range list {
			faults = append(faults, s.check(rule, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case keyword == "minItems" && float64(len(list)) < rule.(float64), keyword == "maxItems" && float64(len(list)) > rule.(float64):
		return []string{fmt.Sprintf("%s has %d items, against %s %v", at, len(list), keyword, rule)}
	}
	return faults
}

func (s schemas) object(rules map[string]any, keyword string, rule, v any, at string) (faults []string) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	named, _ := rules["properties"].(map[string]any)
	switch keyword {
	case "properties":
		for name, schema := range named {
			if member, ok := object[name]; ok {
				faults = append(faults, s.check(schema, member, at+"."+name)...)
			}
		}
	case "required":
		for _, name := range rule.([]any) {
			if _, ok := object[name.(string)]; !ok {
				faults = append(faults, fmt.Sprintf("%s has no %v", at, name))
			}
		}
	case "additionalProperties":
		for name, member := range object {
			if _, ok := named[name]; !ok {
				faults = append(faults, s.check(rule, member, at+"."+name)...)
			}
		}
	case "maxProperties":
		if float64(len(object)) > rule.(float64) {
			faults = append(faults, fmt.Sprintf("%s has %d members", at, len(object)))
		}
	}
	return faults
}

// checkText checks a JSON text.
func (s schemas) checkText(schema any, text string) []string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return []string{err.Error()}
	}
	return s.check(schema, v, "$")
}
