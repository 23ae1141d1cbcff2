package config

import (
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// Constructors for the rows of the schema.

func duration(name string, value, low, high time.Duration) manifest.Setting {
	return manifest.Setting{Name: name, Type: manifest.TypeDuration, Default: value, Min: low, Max: high}
}

func slotDuration(name string, value time.Duration) manifest.Setting {
	return duration(name, value, limits.SlotDurationMin, limits.SlotDurationMax)
}

func size(name string, value, low, high int64) manifest.Setting {
	return manifest.Setting{Name: name, Type: manifest.TypeSize, Default: value, Min: low, Max: high}
}

func count(name string, value, high int) manifest.Setting {
	return manifest.Setting{Name: name, Type: manifest.TypeInt, Default: int64(value), Min: int64(1), Max: int64(high)}
}

// values are the keys of one table after they were read: present, or their default.
type values map[string]any

func (v values) text(name string) string {
	s, _ := v[name].(string)
	return s
}

func (v values) count(name string) int {
	n, _ := v[name].(int64)
	return int(n)
}

func (v values) size(name string) int64 {
	n, _ := v[name].(int64)
	return n
}

func (v values) duration(name string) time.Duration {
	d, _ := v[name].(time.Duration)
	return d
}

func (v values) secret(name string) Secret {
	s, _ := v[name].(Secret)
	return s
}
