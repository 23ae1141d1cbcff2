package settings_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/lib/settings"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

const some = `{"name":"a\nb","count":3,"on":true,"list":["x","}"],"pause":1500000000,"share":0.5,"none":null}`

func read(t *testing.T) *settings.Reader {
	t.Helper()
	host := sdktest.New()
	host.SetSettings(some)
	r, err := settings.Read(sdk.New(host.ABI()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSettingsByTheirTypes(t *testing.T) {
	r := read(t)
	if r.Text("name", "") != "a\nb" || r.Int("count", 0) != 3 || !r.Bool("on", false) || r.Duration("pause", 0) != 1500*time.Millisecond ||
		r.Float("share", 0) != 0.5 || !slices.Equal(r.Texts("list"), []string{"x", "}"}) {
		t.Error("a setting is not what it is")
	}
	for _, name := range []string{"none", "nowhere"} {
		if r.Text(name, "t") != "t" || r.Int(name, 1) != 1 || !r.Bool(name, true) || r.Duration(name, 2) != 2 || r.Float(name, 3) != 3 ||
			!slices.Equal(r.Texts(name, "u"), []string{"u"}) {
			t.Errorf("%s is not what it is otherwise", name)
		}
	}
	if r.Err() != nil {
		t.Error(r.Err())
	}
}

func TestASettingOfAnotherTypeIsForAPerson(t *testing.T) {
	for name, get := range map[string]func(*settings.Reader){
		"count": func(r *settings.Reader) { r.Text("count", "") },
		"name":  func(r *settings.Reader) { r.Int("name", 0) },
		"on":    func(r *settings.Reader) { r.Duration("on", 0) },
		"pause": func(r *settings.Reader) { r.Bool("pause", false) },
		"list":  func(r *settings.Reader) { r.Float("list", 0) },
		"share": func(r *settings.Reader) { r.Texts("share") },
	} {
		r := read(t)
		get(r)
		r.Int("list", 0) // the first one is told
		exit, ok := errors.AsType[*sdk.ExitError](r.Err())
		if !ok || exit.Retryable || !strings.Contains(exit.Message, "settings["+name+"]") {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

func TestTheOneSettingOfASmallAdapter(t *testing.T) {
	host := sdktest.New()
	host.SetSettings(some)
	l := sdk.New(host.ABI())
	if text, err := settings.Text(l, "name"); text != "a\nb" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"nowhere", "none", "count"} {
		if _, err := settings.Text(l, name); err == nil {
			t.Errorf("%s is a string", name)
		}
	}
	host.SetSettings(`no JSON`)
	if _, err := settings.Text(l, "name"); err == nil {
		t.Error("read what is not JSON")
	}
}
