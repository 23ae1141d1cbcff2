package gateway

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
	"innkeeper/runtime/manifest"
)

// configured is a configuration with adapters at addresses of their own, each with a number of databases.
func configured(limit int, databases ...int) *config.Config {
	conf := &config.Config{Limits: config.HostLimits{Descriptors: limit}}
	for i, n := range databases {
		conf.Adapters = append(conf.Adapters, config.Adapter{
			Disposition: config.Loadable, Listen: "127.0.0.1:" + string(rune('1'+i)), Manifest: &manifest.Manifest{Databases: make([]string, n)},
		})
	}
	return conf
}

func TestDescriptorsAreDivided(t *testing.T) {
	for name, c := range map[string]struct {
		conf             *config.Config
		open             int
		shared, reserve  int64
		refused, warning string
	}{
		"plenty":        {configured(1024, 1, 2), 13, 1024 - 13 - 16, 9, "", ""},
		"64":            {configured(64, 1), 13, 64 - 13 - 8, 3, "", ""},
		"30":            {configured(30, 1), 13, 30 - 13 - 6, 3, "", "[descriptors 30 wanted 42 hint"},
		"24":            {configured(24, 1), 13, 24 - 13 - 6, 0, "", "[descriptors 24"},
		"20":            {configured(20, 1), 13, 1, 0, "there are 20, and this configuration needs at least 24", ""},
		"not told":      {configured(64, 1), -1, 64 - 16 - 8, 3, "", ""},
		"no adapter":    {configured(64), 13, 64 - 13 - 8, 0, "", ""},
		"less than has": {configured(10, 1), 13, 0, 0, "there are 10", ""},
	} {
		p := planDescriptors(c.conf, c.open)
		if p.shared() != c.shared || p.reserve() != c.reserve {
			t.Errorf("%s: %d with a reserve of %d, want %d and %d", name, p.shared(), p.reserve(), c.shared, c.reserve)
		}
		warned := ""
		err := p.check(func(_ string, args ...any) { warned = fmt.Sprint(args) })
		switch {
		case c.refused == "" && err != nil, c.refused != "" && (!errors.Is(err, ErrDescriptors) || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: %v", name, err)
		case !strings.HasPrefix(warned, c.warning) || c.warning == "" && warned != "":
			t.Errorf("%s: warned %q", name, warned)
		}
	}
}

// Only what is going to be loaded counts, and an address that adapters share counts once.
func TestDescriptorsOfWhatIsLoaded(t *testing.T) {
	conf := configured(64, 1, 1, 5)
	conf.Adapters[1].Listen = conf.Adapters[0].Listen
	conf.Adapters[2].Disposition = config.Unconfigured
	if p := planDescriptors(conf, 10); p.sockets != 1 || p.databases != 2 {
		t.Errorf("%+v", p)
	}
}

// A connection to an upstream takes a descriptor while it is open, and none if there is none.
func TestUpstreamConnectionsAreCharged(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	h := &house{descriptors: budget.New(1)}
	used := func(want int64) {
		t.Helper()
		if use := h.descriptors.Use(); use.Used != want {
			t.Errorf("%d are taken, want %d", use.Used, want)
		}
	}
	conn, err := h.dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	used(1)
	if _, err := h.dial(t.Context(), "tcp", address); !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), "1 of 1") {
		t.Errorf("one more: %v", err)
	}
	conn.Close()
	conn.Close()
	used(0)
	l.Close()
	if _, err := h.dial(t.Context(), "tcp", address); err == nil {
		t.Error("nobody listens")
	}
	used(0)
}

// The agent that the configuration names connects in no other way.
func TestTheAgentAsksForDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // for the waits between its attempts
		h := &house{descriptors: budget.New(0)}
		upstream, err := h.newAgent(config.Agent{Kind: config.AgentOpenAI, BaseURL: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		defer upstream.Close()
		turn := agent.Turn{Request: []byte(`{"model":"m","messages":[{"role":"user","content":"hi"}]}`)}
		_ = upstream.Run(t.Context(), turn, func(agent.Event) error { return nil })
		if h.descriptors.Use().Short == 0 {
			t.Error("it connected without asking")
		}
	})
}
