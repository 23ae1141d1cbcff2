package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

func threeAdapters() []admin.Adapter {
	now := time.Now().UTC()
	soon, before := now.Add(30*time.Second), now.Add(-2*time.Hour)
	return []admin.Adapter{
		{
			Name: "api_server", State: "connected", Since: before, Generation: 3, Listen: "127.0.0.1:8642", LastError: "trap: unreachable", LastErrorAt: &before,
			Handles: admin.Handles{Open: map[string]int{"sqlite.connection": 1, "http.exchange": 2}, Opened: 10, Closed: 7},
		},
		{Name: "relay", State: "backoff", Reason: "connect_timeout: \x1b]0;owned\x07", Since: now, Generation: 9, Attempts: 9, NextAttempt: &soon, Handles: admin.Handles{Failed: 1}},
		{Name: "spare", State: "unconfigured", Reason: `setting "key" is missing`, Since: now},
	}
}

func TestStatusTable(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.host(&fakeHost{adapters: threeAdapters()})
	r := sh.want(exOK, []string{"status"},
		"NAME", "connected", "2h0m", "http.exchange 2, sqlite.connection 1", "10/7/0", "2h0m ago: trap: unreachable",
		"backoff", "(no. 10)", "0/0/1", "connect_timeout", "unconfigured", `setting "key" is missing`,
		"pid 4242", "9 descriptors", "5 goroutines", "3.0 MiB resident")
	if strings.ContainsRune(r.out, '\x1b') || strings.ContainsRune(r.out, '\x07') {
		t.Errorf("escape sequences where nobody asked for any: %q", r.out)
	}
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.host(&fakeHost{adapters: threeAdapters()})
	sh.terminal = true
	sh.want(exOK, []string{"status"}, "\x1b[32mconnected\x1b[0m", "\x1b[33mbackoff\x1b[0m", "\x1b[31m0/0/1\x1b[0m")
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		sh.env[name] = value
		if r := sh.run("status"); strings.ContainsRune(r.out, '\x1b') {
			t.Errorf("%s=%s: %q", name, value, r.out)
		}
		delete(sh.env, name)
	}
}

func TestStatusShowsALongReasonWhole(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	adapters := threeAdapters()
	adapters[1].Reason = "database_corrupt: " + strings.Repeat("a long path/", 20) + "; put a backup in its place"
	sh.host(&fakeHost{adapters: adapters})
	r := sh.want(exOK, []string{"status"}, "…\n", "\nrelay: "+adapters[1].Reason+"\n")
	if strings.Contains(r.out, "spare: ") {
		t.Errorf("a reason that the table has whole is there twice:\n%s", r.out)
	}
}

func TestStatusShowsWhatIsLeft(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	adapters := threeAdapters()
	adapters[1].Storage.LeftInLogsBytes = 251658240
	sh.host(&fakeHost{adapters: adapters, left: []admin.Leftover{
		{Adapter: "spare", Generation: 7, What: "the guest, sqlite.connection", Since: time.Now().Add(-time.Minute)},
	}})
	sh.want(exOK, []string{"status"},
		"\nspare: generation 7 could not be closed in time; the host has been closing it for 1m0s: the guest, sqlite.connection\n",
		"\nrelay: 251658240 bytes left in write-ahead logs; the next open takes them from there\n")
}

func TestStatusAsJSONIsWhatTheHostSays(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	h := &fakeHost{adapters: threeAdapters()}
	sh.host(h)
	var got admin.Status
	if err := json.Unmarshal([]byte(sh.run("status", "--json").out), &got); err != nil || !reflect.DeepEqual(got, h.Status()) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, h.Status())
	}
}

func TestStatusWatchedUntilASignal(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.host(&fakeHost{adapters: threeAdapters()})
	sh.terminal = true
	sh.signals <- os.Interrupt
	sh.want(exOK, []string{"status", "--watch"}, "\x1b[H\x1b[2J", "api_server")
}

// A change is shown at once, not with the next second: here the host changes when the status was shown, and is gone then.
func TestStatusIsShownWithEveryChange(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	h := &fakeHost{adapters: []admin.Adapter{{Name: "mine", State: "starting"}}, changes: make(chan admin.Change)}
	seen := make(chan struct{})
	sh.host(seenConnected{h, sync.OnceFunc(func() { close(seen) })})
	go func() {
		h.changes <- admin.Change{Code: "connected"} // taken by the follower, which is there before anything is shown
		h.mu.Lock()
		h.adapters = []admin.Adapter{{Name: "mine", State: "connected", Generation: 5, Predecessor: 4, Update: "waiting"}}
		h.mu.Unlock()
		h.changes <- admin.Change{Code: "update_waiting"}
		close(h.changes)
		<-seen
		sh.signals <- os.Interrupt
	}()
	sh.want(exOK, []string{"status", "--watch"}, "mine", "5 (4 ends)", "update waiting")
}

// seenConnected tells when a status with a connected adapter is asked for.
type seenConnected struct {
	*fakeHost
	tell func()
}

func (s seenConnected) Status() admin.Status {
	status := s.fakeHost.Status()
	if status.Adapters[0].State == "connected" {
		s.tell()
	}
	return status
}

func TestEveryControlCommandSaysWhenNobodyRuns(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	for _, args := range [][]string{{"status"}, {"restart", "x"}, {"pause", "x"}, {"resume", "x"}, {"reload"}} {
		sh.want(exUnavailable, args, "innkeeper: not running with data folder "+sh.path("data"), "hint: start it with: innkeeper")
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 1500 * time.Millisecond: "1.5s", 59 * time.Second: "59s", 61 * time.Second: "1m1s",
		3*time.Hour + 4*time.Minute: "3h4m", 50 * time.Hour: "2d2h",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

// A process that is there and does not answer, as one that was stopped, is no riddle: not for status, nor for a command.
func TestAProcessThatDoesNotAnswer(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	server, err := admin.Listen(sh.path("data")) // and never serves
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(t.Context())
	for _, args := range [][]string{{"status"}, {"restart", "x"}} {
		sh.want(exTempFail, args, "innkeeper: not answering", fmt.Sprintf("kill -CONT %d", os.Getpid()))
	}
}

func TestStatusShowsTheHouse(t *testing.T) {
	text := houseLines(admin.House{
		Budgets: []admin.Budget{
			{Name: "bytes_in_flight", Unit: "bytes", Used: 1 << 20, Limit: 3 << 30, Peak: 2 << 20, Short: 7, Origin: "follows from\x1b memory"},
			{Name: "descriptors", Unit: "descriptors", Used: 3, Limit: 43, Peak: 3, Origin: "limit of the process"},
		},
		LogDropped: 4, ReadsGivenUp: 2, ReadsHanging: 1,
	})
	const want = "bytes in flight: 1.0 MiB of 3.0 GiB, 2.0 MiB at most, 7 times short (follows from\\x1b memory)\n" +
		"descriptors: 3 of 43 (limit of the process)\n" +
		"log: 4 lines were dropped, because nobody read it in time\n" +
		"files: 2 reads were given up, because the file system did not answer; 1 hang now\n"
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if text := houseLines(admin.House{}); text != "" {
		t.Errorf("nothing to say: %q", text)
	}
}

func TestUnderWay(t *testing.T) {
	now := time.Unix(1000, 0)
	got := underWay(admin.Status{Adapters: []admin.Adapter{
		{Name: "a", State: "connected"}, {Name: "b", State: "stopping", Since: now.Add(-7 * time.Second)}, {Name: "c", State: "connected", Update: "waiting"},
	}}, now)
	if want := "b is stopping since 7.0s, c has an update waiting"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
