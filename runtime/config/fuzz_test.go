package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzLoad checks that no text panics, that what is wrong has a message, and that what is right has a disposition with
// its reason.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", Sample(goodKey), "[adapters.api_server]\nkey = \"env:K\"", "adapters.api_server.limits.handles.sqlite.connection = {}",
		"[adapters.r]\nmodule = \"relay.wasm\"\nusers = [[1], {a = 1}]\nroom = 1979-05-27", "agent = [1]", "[[adapters]]\n[[adapters.x]]",
		"[adapters.\"\"]", "\"\" = 1", "[agent]\nbase_url = \"http://[::1\"", "data_dir = \"\\u0000\"", "a = \"\"\"\nb\"\"\"",
		"[adapters.api_server]\nlisten = \"[::1%0]:0\"\nenabled = \"env:K\"", "[adapters.x]\nmodule = \"file:relay.wasm\"",
	} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		c, err := world{
			text: text, allow: true,
			env:   map[string]string{"K": value, "API_SERVER_KEY": value, "API_SERVER_PORT": value, "API_SERVER_ENABLED": value},
			files: map[string]string{"f": value},
		}.load(t)
		if err != nil {
			var list Errors
			if !errors.As(err, &list) || len(list) == 0 || strings.TrimSpace(list.Report()) == "" {
				t.Fatalf("error without a message: %v", err)
			}
			return
		}
		for _, a := range c.Adapters {
			if (a.Disposition == Loadable) != (a.Reason == "") {
				t.Errorf("%s: %s with the reason %q", a.Name, a.Disposition, a.Reason)
			}
			if _, err := a.SettingsJSON(); err != nil {
				t.Error(err)
			}
			_ = a.Fingerprint()
		}
	})
}
