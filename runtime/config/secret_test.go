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

// A secret that is written as a reference to what is not set keeps the adapter from being loaded, also if the module could do
// without it: whoever wrote it meant it to be there.
func TestAnOptionalSecretThatRefersToNothing(t *testing.T) {
	const relay = "[adapters.relay]\nmodule = \"relay.wasm\"\nroom = \"lobby\"\n"
	for token, want := range map[string]string{
		`"env:RELAY_TOKEN"`: "refers to the environment variable RELAY_TOKEN, which is not set",
		`"file:token"`:      "refers to the file /etc/inn/token",
	} {
		a := world{text: relay + "token = " + token}.one(t)
		if a.Disposition != Unconfigured || !strings.Contains(a.Reason, `setting "token" counts as missing`) || !strings.Contains(a.Reason, want) {
			t.Errorf("%s: %s, %q", token, a.Disposition, a.Reason)
		}
		a = world{text: relay + "token = " + token, env: map[string]string{"RELAY_TOKEN": "t"}, files: map[string]string{"token": "t"}}.one(t)
		if a.Disposition != Loadable || a.Secrets["token"].Reveal() != "t" {
			t.Errorf("%s, which is there: %s, %q", token, a.Disposition, a.Reason)
		}
	}
	if a := (world{text: relay}).one(t); a.Disposition != Loadable {
		t.Errorf("without it: %s, %q", a.Disposition, a.Reason)
	}
}
