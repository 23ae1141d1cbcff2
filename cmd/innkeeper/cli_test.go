package main

import (
	"strings"
	"testing"
)

func TestWrongUseIsExit64WithAHint(t *testing.T) {
	tests := []struct {
		args []string
		says string
	}{
		{[]string{"statsu"}, "did you mean status?"},
		{[]string{"frobnicate"}, "see: innkeeper --help"},
		{[]string{"run", "--bogus"}, "unknown flag"},
		{[]string{"run", "extra"}, "hint:"},
		{[]string{"restart"}, "hint:"},
		{[]string{"restart", "a", "b"}, "hint:"},
		{[]string{"pack", "one"}, "hint:"},
		{[]string{"ask"}, "hint:"},
		{[]string{"status", "--log-level", "loud"}, `not "loud"`},
	}
	for _, test := range tests {
		r := newShell(t).want(exUsage, test.args, test.says)
		if !strings.HasPrefix(r.err, "innkeeper: ") || r.out != "" {
			t.Errorf("%q: out %q, err %q", test.args, r.out, r.err)
		}
	}
}

func TestHelpVersionAndCompletionSucceed(t *testing.T) {
	sh := newShell(t)
	for _, args := range [][]string{{}, {"--help"}, {"help", "run"}, {"--version"}, {"version"}, {"completion", "bash"}} {
		if r := sh.want(exOK, args); r.out == "" || r.err != "" {
			t.Errorf("%q: out %q, err %q", args, r.out, r.err)
		}
	}
	sh.want(exOK, []string{"version"}, "wazero", "sqlite", "adapters")
}

func TestWithoutAConfigurationTheHintSaysHowToGetOne(t *testing.T) {
	for _, command := range []string{"run", "check"} {
		newShell(t).want(exNoInput, []string{command}, "there is no such file", "hint: write one with: innkeeper -c ")
	}
}

func TestBrokenConfigurationIsShownWithItsPlace(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "data_dri = \"x\"\n[agent]\nkind = \"ehco\"\n")
	for _, command := range []string{"run", "check"} {
		sh.want(exConfig, []string{command}, "innkeeper.toml:1:1:", "did you mean data_dir?", "innkeeper.toml:3:", "^^^")
	}
}

func TestFlagWinsOverTheEnvironment(t *testing.T) {
	sh := newShell(t)
	other := sh.write("other.toml", "nonsense = 1\n")
	sh.write("innkeeper.toml", "")
	sh.want(exOK, []string{"check"}, "innkeeper.toml is valid")
	sh.want(exConfig, []string{"check", "-c", other}, "other.toml:1:1:")
}

func TestCompletionOffersTheAdaptersThatRun(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.want(exOK, []string{"__complete", "restart", ""}, ":4") // nobody runs: nothing, and no file names
	sh.host(&fakeHost{adapters: threeAdapters()})
	sh.want(exOK, []string{"__complete", "restart", ""}, "api_server\tconnected", "relay\tbackoff")
}

// An operator wants to know what runs most of all when the configuration has just been broken.
func TestControlWorksWithABrokenConfiguration(t *testing.T) {
	for name, text := range map[string]string{
		"unknown key":  "nonsense = 1\n",
		"data_dir set": "nonsense = 1\ndata_dir = \"data\"\n",
		"no TOML":      "[[[\n",
	} {
		t.Run(name, func(t *testing.T) {
			sh := newShell(t)
			sh.write("innkeeper.toml", text)
			sh.host(&fakeHost{adapters: threeAdapters()})
			sh.want(exOK, []string{"status"}, "api_server")
		})
	}
}
