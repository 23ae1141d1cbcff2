package sdk_test

import (
	"errors"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// passing is an adapter that passes on all it can, and tells of its predecessor's end.
func passing(t *testing.T, host *sdktest.Host) (run *sdktest.Run, ended <-chan uint64) {
	t.Helper()
	told := make(chan uint64, 1)
	return sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.OnPredecessorEnded(func(generation uint64) { told <- generation })
		l.HandleHTTP(func(x *sdk.Exchange) {
			if err := x.Pass(); errors.Is(err, abi.ENOENT) {
				x.RespondText(200, "mine")
			} else if err != nil || !x.Ended() {
				t.Errorf("pass: %v, ended %t", err, x.Ended())
			}
		})
		return nil
	}), told
}

func TestPass(t *testing.T) {
	host := sdktest.New()
	host.SetPredecessor(6)
	run, ended := passing(t, host)
	if got := run.Ask(sdktest.Request{}); !got.Passed {
		t.Errorf("with a predecessor: %+v", got)
	}
	host.EndPredecessor()
	if generation := <-ended; generation != 6 {
		t.Errorf("generation %d", generation)
	}
	if got := run.Ask(sdktest.Request{}); got.Passed || got.Body != "mine" {
		t.Errorf("without one: %+v", got)
	}
}

func TestPassAfterTheBeginning(t *testing.T) {
	host := sdktest.New()
	host.SetPredecessor(6)
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) {
			if err := x.Begin(200, nil); err != nil {
				t.Error(err)
			}
			if err := x.Pass(); !errors.Is(err, abi.EEXIST) || x.Ended() {
				t.Errorf("pass: %v, ended %t", err, x.Ended())
			}
			x.Abort()
			if err := x.Pass(); !errors.Is(err, sdk.ErrEnded) {
				t.Errorf("pass after the end: %v", err)
			}
		})
		return nil
	})
	run.Ask(sdktest.Request{})
}

func TestPredecessorInInfo(t *testing.T) {
	host := sdktest.New()
	host.SetPredecessor(6)
	within(host, func(l *sdk.Loop) error {
		if info, err := l.Info(); info.Predecessor != 6 || info.Generation != 7 || err != nil {
			t.Errorf("info %+v, %v", info, err)
		}
		return nil
	})
}

func TestSettingsThatChange(t *testing.T) {
	host := sdktest.New()
	host.SetSettings(`{"word":"old"}`)
	words := make(chan string, 1)
	sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.OnSettings(func() {
			text, err := l.SettingsJSON()
			if err != nil {
				t.Error(err)
			}
			words <- string(text)
		})
		return nil
	})
	host.ChangeSettings(`{"word":"new"}`)
	if text := <-words; text != `{"word":"new"}` {
		t.Errorf("settings %s", text)
	}
}
