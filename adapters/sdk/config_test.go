package sdk_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// within runs f as the setup of a loop.
func within(host *sdktest.Host, f func(l *sdk.Loop) error) int {
	return sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		if err := f(l); err != nil {
			return err
		}
		l.Exit(nil)
		return nil
	})
}

func TestSettings(t *testing.T) {
	host := sdktest.New()
	host.SetSettings(`{"name":"a\nb","count":3,"on":true,"list":["x","}"],"pause":1500000000,"none":null,"deep":{"a":["\""]}}`)
	code := within(host, func(l *sdk.Loop) error {
		var settings struct {
			Name  string        `json:"name"`
			Count int           `json:"count"`
			List  []string      `json:"list"`
			Pause time.Duration `json:"pause"`
		}
		if err := l.Settings(&settings); err != nil {
			t.Error(err)
		}
		if settings.Name != "a\nb" || settings.Count != 3 || len(settings.List) != 2 || settings.Pause != 1500*time.Millisecond {
			t.Errorf("settings %+v", settings)
		}
		return nil
	})
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestSettingsOfAnotherShapeArePermanent(t *testing.T) {
	host := sdktest.New()
	host.SetSettings(`{"count":"three"}`)
	code := within(host, func(l *sdk.Loop) error {
		var settings struct {
			Count int `json:"count"`
		}
		return l.Settings(&settings)
	})
	if code != sdk.ExitConfig || host.Failure().Code != "settings" {
		t.Errorf("exit code %d, failure %+v", code, host.Failure())
	}
}

func TestHasSecret(t *testing.T) {
	host := sdktest.New()
	host.SetSecret("set", true)
	host.SetSecret("unset", false)
	within(host, func(l *sdk.Loop) error {
		for name, want := range map[string]bool{"set": true, "unset": false} {
			if got, err := l.HasSecret(name); got != want || err != nil {
				t.Errorf("%s: %t, %v", name, got, err)
			}
		}
		if _, err := l.HasSecret("other"); !errors.Is(err, abi.ENOENT) {
			t.Errorf("an unknown secret: %v", err)
		}
		return nil
	})
}

func TestInfo(t *testing.T) {
	within(sdktest.New(), func(l *sdk.Loop) error {
		got, err := l.Info()
		want := sdk.Info{Adapter: "test", Generation: 1, HostVersion: "test", Drain: time.Second, MaxBodyBytes: 1 << 20}
		if got != want || err != nil {
			t.Errorf("info %+v, %v", got, err)
		}
		return nil
	})
}

func TestLog(t *testing.T) {
	host := sdktest.New()
	within(host, func(l *sdk.Loop) error {
		log := l.Log()
		log.Debug("plain")
		log.With("adapter", "x\"y").Warn("typed", "n", 1, "f", 0.5, "inf", math.Inf(1), "ok", true, "err", errors.New("e"),
			"d", 2*time.Second, "nil", nil, "bytes", []byte("\xff"), "odd", struct{}{})
		log.Error("bad keys", 7, "last")
		log.Write(sdk.LevelInfo, "raw", []byte(`{"a":1}`))
		return nil
	})
	want := []sdktest.Record{
		{Level: -4, Message: "plain"},
		{Level: 4, Message: "typed", Attributes: `{"adapter":"x\"y","n":1,"f":0.5,"inf":"+Inf","ok":true,"err":"e","d":"2s","nil":null,"bytes":"\ufffd","odd":"!UNSUPPORTED"}`},
		{Level: 8, Message: "bad keys", Attributes: `{"!BADKEY":7,"!BADKEY":"last"}`},
		{Level: 0, Message: "raw", Attributes: `{"a":1}`},
	}
	got := host.Records()
	if len(got) != len(want) {
		t.Fatalf("%d records", len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

func TestAppendJSONString(t *testing.T) {
	for in, want := range map[string]string{
		"":                      `""`,
		"plain":                 `"plain"`,
		"a\"b\\c\n\r\t\x00\x1f": `"a\"b\\c\n\r\t\u0000\u001f"`,
		"ü😀":                    `"ü😀"`,
		"cut\xe2\x82":           `"cut\ufffd\ufffd"`,
	} {
		if got := string(sdk.AppendJSONString(nil, in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if got := string(sdk.AppendJSONString([]byte("x:"), strings.Repeat("a", 3))); got != `x:"aaa"` {
		t.Error(got)
	}
}
