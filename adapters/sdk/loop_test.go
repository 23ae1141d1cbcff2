package sdk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
)

func TestReadyComesAfterSetup(t *testing.T) {
	host := sdktest.New()
	sdktest.Start(t, host, func(l *sdk.Loop) error {
		select {
		case <-host.Ready():
			t.Error("ready was said before setup returned")
		default:
		}
		return nil
	})
	select {
	case <-host.Ready():
	default:
		t.Fatal("ready was not said after setup")
	}
}

func TestHoldReady(t *testing.T) {
	host := sdktest.New()
	host.Request(sdktest.Request{})
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HoldReady()
		l.HandleHTTP(func(x *sdk.Exchange) {
			select {
			case <-host.Ready():
				t.Error("ready was said although it was held")
			default:
			}
			x.RespondText(200, "")
			l.Ready()
			l.Ready() // a second time is no error
			l.Exit(nil)
		})
		return nil
	})
	if code := run.Wait(); code != sdk.ExitDone {
		t.Fatalf("exit code %d", code)
	}
}

func TestSetupErrorEndsTheInstance(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code int
		want sdktest.Failure
	}{
		{"permanent", sdk.Permanent("bad_token", "the token was refused"), 78, sdktest.Failure{Code: "bad_token", Message: "the token was refused"}},
		{"temporary", sdk.Temporary("no_network", "nobody there"), 75, sdktest.Failure{Code: "no_network", Message: "nobody there", Retryable: true}},
		{"wrapped", fmt.Errorf("store: %w", sdk.Permanent("schema", "too new")), 78, sdktest.Failure{Code: "schema", Message: "store: schema: too new"}},
		{"any", errors.New("odd"), 75, sdktest.Failure{Code: "error", Message: "odd", Retryable: true}},
		{"corrupt database", fmt.Errorf("store: %w", &sqlite.Error{Code: sqlite.NOTADB, Message: "file is not a database"}), 78,
			sdktest.Failure{Code: "database_corrupt", Message: "store: SQLITE_NOTADB: file is not a database"}},
		{"busy database", &sqlite.Error{Code: sqlite.BUSY}, 75, sdktest.Failure{Code: "database", Message: "SQLITE_BUSY", Retryable: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host := sdktest.New()
			code := sdk.New(host.ABI()).Run(func(*sdk.Loop) error { return test.err })
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			got := host.Failure()
			if got == nil {
				t.Fatal("the host was not told")
			}
			if *got != (test.want) {
				t.Errorf("the host was told %+v, want %+v", *got, test.want)
			}
			select {
			case <-host.Ready():
				t.Error("ready was said")
			default:
			}
		})
	}
}

func TestExitEndsAfterTheCallback(t *testing.T) {
	host := sdktest.New()
	first, second := host.Request(sdktest.Request{}), host.Request(sdktest.Request{})
	code := sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) {
			l.Exit(sdk.Permanent("a", "first"))
			l.Exit(nil)
			x.RespondText(200, "answered")
		})
		return nil
	})
	if code != sdk.ExitConfig || host.Failure().Code != "a" {
		t.Errorf("exit code %d, failure %+v: the first Exit does not count", code, host.Failure())
	}
	if first.Response().Body != "answered" {
		t.Error("the callback that called Exit was not finished")
	}
	if second.Response().Status != 0 {
		t.Error("an event was handled after Exit")
	}
}

func TestShutdownWaitsForWhatIsOpen(t *testing.T) {
	host := sdktest.New()
	var seen []sdk.Shutdown
	var open *sdk.Exchange
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.OnShutdown(func(s sdk.Shutdown) { seen = append(seen, s) })
		l.HandleHTTP(func(x *sdk.Exchange) {
			if x.Path == "/late" {
				if !l.Stopping() {
					t.Error("not stopping after the shutdown event")
				}
				open.RespondText(200, "late")
				x.RespondText(200, "last")
				return
			}
			open = x
		})
		return nil
	})
	early := host.Request(sdktest.Request{Path: "/early"})
	host.Shutdown("handover", 300_000)
	host.Shutdown("stop", 1500) // there is less time now
	late := host.Request(sdktest.Request{Path: "/late"})
	if code := run.Wait(); code != sdk.ExitDone {
		t.Errorf("exit code %d", code)
	}
	if got := early.Wait().Body + late.Wait().Body; got != "latelast" {
		t.Errorf("answers %q", got)
	}
	want := []sdk.Shutdown{{Reason: "handover", Drain: 5 * time.Minute}, {Reason: "stop", Drain: 1500 * time.Millisecond}}
	if !slices.Equal(seen, want) {
		t.Errorf("shutdowns %+v, want %+v", seen, want)
	}
}

// Nobody waits for an answer to an exchange whose client is gone.
func TestShutdownDoesNotWaitForWhatHasNoClient(t *testing.T) {
	host := sdktest.New()
	opened := make(chan struct{})
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HandleHTTP(func(*sdk.Exchange) { close(opened) })
		return nil
	})
	x := host.Request(sdktest.Request{})
	<-opened
	x.Leave()
	host.Shutdown("restart", 10_000)
	if code := run.Wait(); code != sdk.ExitDone {
		t.Errorf("exit code %d", code)
	}
}

func TestShutdownWaitsForTurns(t *testing.T) {
	host := sdktest.New()
	turns := make(chan *sdktest.Turn, 1)
	host.OnTurn(func(turn *sdktest.Turn) { turns <- turn })
	saw := &recorder{}
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		_, err := l.StartTurn([]byte("{}"), saw)
		return err
	})
	host.Shutdown("stop", 0)
	turn := <-turns
	turn.Text("kept")
	turn.Finish()
	if code := run.Wait(); code != sdk.ExitDone {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasPrefix(saw.log.String(), "text(kept) done(") {
		t.Errorf("events %q", saw.log.String())
	}
}

func TestEndOfTheMailboxEndsTheLoop(t *testing.T) {
	host := sdktest.New()
	run := sdktest.Start(t, host, func(*sdk.Loop) error { return nil })
	host.Close()
	if code := run.Wait(); code != sdk.ExitTempfail {
		t.Errorf("exit code %d", code)
	}
	if got := host.Failure(); got == nil || got.Code != "event_wait" {
		t.Errorf("failure %+v", got)
	}
}

func TestEventLargerThanTheBuffer(t *testing.T) {
	run := sdktest.Start(t, sdktest.New(), func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) { x.RespondText(200, x.Query) })
		return nil
	})
	long := strings.Repeat("q", 100_000)
	for _, query := range []string{"a", long, "b"} {
		if got := run.Ask(sdktest.Request{Query: query}).Body; got != query {
			t.Errorf("a query of %d bytes came back with %d", len(query), len(got))
		}
	}
}

// rawEvents is a host whose mailbox holds whatever bytes a test puts there, and then ends.
type rawEvents struct {
	abi.Event
	events [][]byte
}

func (r *rawEvents) Recv(buffer []byte) int32 {
	if len(r.events) == 0 {
		return abi.EAGAIN.Result()
	}
	event := r.events[0]
	r.events = r.events[1:]
	return int32(copy(buffer, event))
}

func (r *rawEvents) Wait(int64) int32 { return abi.ECANCELED.Result() }

func TestMalformedEventsAreHarmless(t *testing.T) {
	host := sdktest.New().ABI()
	host.Event = &rawEvents{events: [][]byte{
		{}, {1, 2, 3},
		abi.AppendEventHeader(nil, 0xffff, 7),
		abi.AppendEventHeader(nil, abi.EventAgentDone, 7),
		abi.AppendEventHeader(nil, abi.EventHTTPGone, 7),
		abi.AppendEventHeader(nil, abi.EventHTTPWritable, 7),
		abi.AppendEventHeader(nil, abi.EventHTTPRequest, 7),
		append(abi.AppendEventHeader(nil, abi.EventHTTPRequest, 8), 4, 0, 0, 0, 0xff, 0, 0, 0),
	}}
	code := sdk.New(host).Run(func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) { t.Errorf("a malformed request was handled: %+v", x.Request) })
		return nil
	})
	if code != sdk.ExitTempfail {
		t.Errorf("exit code %d", code)
	}
}
