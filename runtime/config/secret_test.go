package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const text = "hunter2hunter2"
	s := NewSecret(text)
	type wrapped struct{ inner Secret } // fmt asks no methods of unexported fields
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", s, "pointer", &s, "map", map[string]Secret{"k": s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "secret", s, "struct", struct{ Key Secret }{s})
	data, err := json.Marshal(map[string]any{"s": s, "p": &s, "k": map[Secret]int{s: 1}})
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{log.String(), string(data), s.String(), s.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
		for _, v := range []any{s, &s, wrapped{s}, &wrapped{s}, []Secret{s}, map[string]Secret{"k": s}, Agent{APIKey: s}, Adapter{Secrets: map[string]Secret{"k": s}}} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
	}
	for _, p := range printed {
		if strings.Contains(p, text) || strings.Contains(p, fmt.Sprintf("%x", text)) {
			t.Errorf("shown: %s", p)
		}
	}
	if got := fmt.Sprintf("%v %s", s, []Secret{s}); got != "[redacted] [[redacted]]" {
		t.Errorf("printed as %s", got)
	}
}

func TestSecretValue(t *testing.T) {
	s := NewSecret("a")
	if s.Reveal() != "a" || s.IsZero() || !s.Equal(NewSecret("a")) || s.Equal(NewSecret("b")) || s.Equal(Secret{}) {
		t.Error("a set secret")
	}
	if zero := NewSecret(""); zero.Reveal() != "" || !zero.IsZero() || !zero.Equal(Secret{}) {
		t.Error("an absent secret")
	}
}
