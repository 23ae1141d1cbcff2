package configfn_test

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/family"
)

// The settings are those of the moment.
func TestRead(t *testing.T) {
	settings := `{"port":8642}`
	f := configfn.New(family.Core{Settings: func() []byte { return []byte(settings) }})
	for _, settings = range []string{`{"port":8642}`, `{}`} {
		small := make([]byte, len(settings)-1)
		if n := f.Read(small); int(n) != len(settings) || small[0] != 0 {
			t.Errorf("a buffer too small by one: %d, %q", n, small)
		}
		buffer := make([]byte, 64)
		if n := f.Read(buffer); string(buffer[:n]) != settings {
			t.Errorf("got %s, want %s", buffer[:n], settings)
		}
	}
}

func TestHasSecret(t *testing.T) {
	f := configfn.New(family.Core{Facts: family.Facts{Secrets: map[string]bool{"key": true, "token": false}}})
	for name, want := range map[string]int32{
		"key": 1, "token": 0, "other": abi.ENOENT.Result(), "": abi.ENOENT.Result(), "key\x00": abi.ENOENT.Result(),
	} {
		if got := f.HasSecret([]byte(name)); got != want {
			t.Errorf("%q: got %d, want %d", name, got, want)
		}
	}
	if got := configfn.New(family.Core{}).HasSecret([]byte("key")); got != abi.ENOENT.Result() {
		t.Errorf("without any secrets: %d", got)
	}
}
