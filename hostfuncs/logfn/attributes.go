package logfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"innkeeper/runtime/safetext"
)

// invalidKey is the one attribute of a record whose attributes could not be used; its value says why.
const invalidKey = "attributes_invalid"

// guestPrefix goes before a key of the guest that is one of the host's own.
const guestPrefix = "guest_"

// reserved returns the keys that the host itself writes, here, in package slog and on the logger of an adapter.
func reserved(key string) bool {
	switch key {
	case "adapter", "generation", OriginKey, invalidKey, slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey:
		return true
	}
	return false
}

var (
	errAttributesTooLarge = fmt.Errorf("larger than %d bytes", AttributesBytes)
	errAttributesTooMany  = fmt.Errorf("more than %d keys and items", Attributes)
	errAttributesTooDeep  = fmt.Errorf("nested deeper than %d", AttributesDepth)
	errAttributesShape    = errors.New("not a JSON object")
)

// parseAttributes reads a JSON object as attributes, in its order. What cannot be used becomes one attribute that says so.
func parseAttributes(text []byte) []slog.Attr {
	if len(text) == 0 {
		return nil
	}
	attributes, err := decodeAttributes(text)
	if err != nil {
		return []slog.Attr{slog.String(invalidKey, safetext.Line(err.Error(), KeyBytes))}
	}
	for i, a := range attributes {
		if reserved(a.Key) {
			attributes[i].Key = guestPrefix + a.Key
		}
	}
	return attributes
}

func decodeAttributes(text []byte) ([]slog.Attr, error) {
	if len(text) > AttributesBytes {
		return nil, errAttributesTooLarge
	}
	d := decoder{json: json.NewDecoder(bytes.NewReader(text)), room: Attributes}
	d.json.UseNumber()
	if token, err := d.json.Token(); err != nil || token != json.Delim('{') {
		return nil, errAttributesShape
	}
	attributes, err := d.object(1)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errAttributesShape
	case err != nil:
		return nil, err
	}
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return nil, errAttributesShape
	}
	return attributes, nil
}

// decoder reads JSON token by token, so that order is kept and depth and number are bounded while reading.
type decoder struct {
	json *json.Decoder
	room int
}

// object reads up to the closing brace; the opening one has been read.
func (d *decoder) object(depth int) ([]slog.Attr, error) {
	var attributes []slog.Attr
	for d.json.More() {
		token, err := d.json.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, errAttributesShape
		}
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, slog.Attr{Key: keyText(key), Value: value})
	}
	_, err := d.json.Token()
	return attributes, err
}

// list reads up to the closing bracket; the opening one has been read.
func (d *decoder) list(depth int) ([]any, error) {
	items := []any{}
	for d.json.More() {
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, plainValue(value))
	}
	_, err := d.json.Token()
	return items, err
}

// value reads one value inside of an object or list at that depth.
func (d *decoder) value(depth int) (slog.Value, error) {
	if d.room--; d.room < 0 {
		return slog.Value{}, errAttributesTooMany
	}
	token, err := d.json.Token()
	if err != nil {
		return slog.Value{}, err
	}
	switch v := token.(type) {
	case json.Delim:
		return d.nested(v, depth+1)
	case string:
		return slog.StringValue(safetext.Line(v, MessageBytes)), nil
	case json.Number:
		return number(v), nil
	case bool:
		return slog.BoolValue(v), nil
	default:
		return slog.AnyValue(nil), nil
	}
}

func (d *decoder) nested(open json.Delim, depth int) (slog.Value, error) {
	if depth > AttributesDepth {
		return slog.Value{}, errAttributesTooDeep
	}
	if open == '[' {
		items, err := d.list(depth)
		return slog.AnyValue(items), err
	}
	attributes, err := d.object(depth)
	return slog.GroupValue(attributes...), err
}

func number(n json.Number) slog.Value {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return slog.Int64Value(i)
	}
	if f, err := n.Float64(); err == nil {
		return slog.Float64Value(f)
	}
	return slog.StringValue(safetext.Line(n.String(), KeyBytes)) // beyond what a float can hold
}

// plainValue returns a value as a list item: handlers know groups as attributes only, so an object in a list is a map.
func plainValue(v slog.Value) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	object := make(map[string]any, len(v.Group()))
	for _, a := range v.Group() {
		object[a.Key] = plainValue(a.Value)
	}
	return object
}

// keyText makes a key safe to show. An empty key is named, since handlers merge a group without a name into its parent,
// which would let a guest write the host's keys.
func keyText(key string) string {
	if key == "" {
		return "unnamed"
	}
	return safetext.Line(key, KeyBytes)
}
