package main

import (
	"errors"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
)

// The database is a real one, and outlives the loop that wrote it.
func TestNotesAreKept(t *testing.T) {
	run := sdktest.Start(t, sdktest.Sandbox(t), setup)
	for _, note := range []string{"one", "two"} {
		if got := run.Ask(sdktest.Request{Route: "add", Method: "POST", Body: note}); got.Status != 201 {
			t.Fatalf("%+v", got)
		}
	}
	run.Shutdown("stop", 0)
	if code := run.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	again := sdktest.Start(t, sdktest.Sandbox(t), setup)
	if got := again.Ask(sdktest.Request{Route: "ask", Method: "POST"}); got.Status != 200 || got.Body != "I have both." {
		t.Errorf("%+v", got)
	}
}

// The agent is the host's, which follows the rules of testdata/agent.toml.
func TestScript(t *testing.T) {
	host := sdktest.Sandbox(t)
	host.SetSettings(`{"separator":"!"}`)
	run := sdktest.Start(t, host, setup)
	for _, test := range []struct {
		note, body string
		status     int
	}{{"sunny", "A fine day.", 200}, {"storm", "agent: 429 slow_down: later", 429}, {"fog", "agent: 400 invalid_value: no rule of the script is for this turn", 400}} {
		if err := clear(host); err != nil {
			t.Fatal(err)
		}
		run.Ask(sdktest.Request{Route: "add", Method: "POST", Body: test.note})
		got := run.Ask(sdktest.Request{Route: "ask", Method: "POST"})
		if got.Status != test.status || got.Body != test.body && got.Body != test.body+"\n" {
			t.Errorf("%s: %+v", test.note, got)
		}
	}
}

// clear empties the database over a connection of its own.
func clear(host *sdktest.Host) (err error) {
	sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		db, openErr := sqlite.Open(l, "main")
		if err = openErr; err == nil {
			err = errors.Join(db.Exec("DELETE FROM notes"), db.Close())
		}
		return errors.New("enough")
	})
	return err
}

// A test that sets more than the manifest has is on its own side of the fence.
func TestOwnAgent(t *testing.T) {
	host := sdktest.Sandbox(t)
	host.OnTurn(func(turn *sdktest.Turn) { turn.Text("mine"); turn.Finish() })
	if got := sdktest.Start(t, host, setup).Ask(sdktest.Request{Route: "ask", Method: "POST"}); got.Body != "mine" {
		t.Errorf("%+v", got)
	}
}

func TestFactsAreTheHosts(t *testing.T) {
	host := sdktest.Sandbox(t)
	sdktest.Start(t, host, func(l *sdk.Loop) error {
		info, err := l.Info()
		if err != nil || info.Adapter != "notes" {
			t.Errorf("%+v %v", info, err)
		}
		if set, err := l.HasSecret("key"); !set || err != nil {
			t.Errorf("secret set %t, %v", set, err)
		}
		l.HandleRoute("no such route", func(*sdk.Exchange) {})
		l.Log().Info("a word to the log")
		return nil
	})
	if failure := host.Failure(); failure == nil || failure.Code != "routes" {
		t.Errorf("routes that the manifest does not have: %+v", failure)
	}
}

func TestOtherDatabasesAreDenied(t *testing.T) {
	sdktest.Start(t, sdktest.Sandbox(t), func(l *sdk.Loop) error {
		if _, err := sqlite.Open(l, "other"); !errors.Is(err, abi.EACCES) {
			t.Errorf("%v", err)
		}
		return nil
	})
}

// The following tests are as bad as they can be, and run only when they are asked for by name.

func TestBadLeak(t *testing.T) {
	sdktest.Start(t, sdktest.Sandbox(t), func(l *sdk.Loop) error {
		_, err := sqlite.Open(l, "main")
		return err
	})
}

func TestBadFailure(t *testing.T) { t.Error("as wanted") }

func TestBadLoop(*testing.T) {
	for {
	}
}
