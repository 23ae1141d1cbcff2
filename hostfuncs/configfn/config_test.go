package configfn_test

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/configfn"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ settings, want string }{
		{`{"port":8642}`, `{"port":8642}`},
		{"", "{}"},
	} {
		f := configfn.New(configfn.Config{Settings: []byte(c.settings)})
		small := make([]byte, len(c.want)-1)
		if n := f.Read(small); int(n) != len(c.want) || small[0] != 0 {
			t.Errorf("a buffer too small by one: %d, %q", n, small)
		}
		buffer := make([]byte, 64)
		if n := f.Read(buffer); string(buffer[:n]) != c.want {
			t.Errorf("got %s, want %s", buffer[:n], c.want)
		}
	}
}

func TestHasSecret(t *testing.T) {
	secrets := map[string]bool{"key": true, "token": false}
	f := configfn.New(configfn.Config{Secrets: secrets})
	secrets["token"] = true // the caller's map is the caller's
	for name, want := range map[string]int32{
		"key": 1, "token": 0, "other": abi.ENOENT.Result(), "": abi.ENOENT.Result(), "key\x00": abi.ENOENT.Result(),
	} {
		if got := f.HasSecret([]byte(name)); got != want {
			t.Errorf("%q: got %d, want %d", name, got, want)
		}
	}
	if got := configfn.New(configfn.Config{}).HasSecret([]byte("key")); got != abi.ENOENT.Result() {
		t.Errorf("without any secrets: %d", got)
	}
}
