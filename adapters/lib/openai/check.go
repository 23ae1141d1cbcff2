package openai

import (
	"strconv"
	"unicode/utf8"

	"innkeeper/adapters/lib/jsontext"
)

// The checks below take null for absent, as OpenAI's API does.

// CheckString wants a string.
func CheckString(v jsontext.Value, param string) *Error { return CheckKind(v, param, jsontext.String) }

// CheckKind wants a value of that kind.
func CheckKind(v jsontext.Value, param string, kind jsontext.Kind) *Error {
	if v.Set() && v.Kind() != kind {
		return WrongType(param, kind.String(), v.Kind())
	}
	return nil
}

// CheckInt wants an integer of at least min.
func CheckInt(v jsontext.Value, param string, min int64) *Error {
	if !v.Set() {
		return nil
	}
	n, ok := v.Int()
	if !ok {
		return WrongType(param, "an integer", v.Kind())
	}
	if n < min {
		return Invalid(param, "Invalid '"+param+"': must be at least "+strconv.FormatInt(min, 10)+".")
	}
	return nil
}

// CheckNumber wants a number within the bounds, which are small integers.
func CheckNumber(v jsontext.Value, param string, low, high int) *Error {
	if !v.Set() {
		return nil
	}
	f, ok := v.Float()
	if !ok {
		return WrongType(param, "a number", v.Kind())
	}
	if f < float64(low) || f > float64(high) {
		return Invalid(param, "Invalid '"+param+"': must be between "+strconv.Itoa(low)+" and "+strconv.Itoa(high)+".")
	}
	return nil
}

// CheckEnum wants one of the strings.
func CheckEnum(v jsontext.Value, param string, allowed ...string) *Error {
	if !v.Set() {
		return nil
	}
	if v.Kind() != jsontext.String {
		return WrongType(param, "a string", v.Kind())
	}
	for _, s := range allowed {
		if v.Is(s) {
			return nil
		}
	}
	list := ""
	for i, s := range allowed {
		if i > 0 {
			list += ", "
		}
		list += "'" + s + "'"
	}
	return Invalid(param, "Invalid value for '"+param+"': supported are "+list+".")
}

// Bounds of the metadata object. https://platform.openai.com/docs/api-reference/responses/create
const (
	metadataPairs = 16
	metadataKey   = 64
	metadataValue = 512
)

// CheckMetadata wants an object of at most 16 strings.
func CheckMetadata(v jsontext.Value, param string) *Error {
	if err := CheckKind(v, param, jsontext.Object); err != nil {
		return err
	}
	count := 0
	for m := v.Members(); m.Next(); count++ {
		at := param + "." + string(m.Name())
		switch {
		case count == metadataPairs:
			return Invalid(param, "Invalid '"+param+"': at most 16 keys are allowed.")
		case utf8.RuneCount(m.Name()) > metadataKey:
			return Invalid(param, "Invalid '"+param+"': keys have at most 64 characters.")
		case m.Value.Kind() != jsontext.String:
			return WrongType(at, "a string", m.Value.Kind())
		case utf8.RuneCountInString(m.Value.Text()) > metadataValue:
			return Invalid(at, "Invalid '"+at+"': values have at most 512 characters.")
		}
	}
	return nil
}

// At is the name of an item of a list, such as messages[3].
func At(list string, index int) string { return list + "[" + strconv.Itoa(index) + "]" }
