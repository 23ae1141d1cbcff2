package lifecyclefn_test

import (
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/runtime/outcome"
)

func TestReadyOnce(t *testing.T) {
	ready := 0
	f := lifecyclefn.New(family.Core{Ready: func() { ready++ }})
	for i, want := range []int32{0, abi.EEXIST.Result(), abi.EEXIST.Result()} {
		if got := f.Ready(); got != want {
			t.Errorf("call %d: got %d, want %d", i, got, want)
		}
	}
	if ready != 1 {
		t.Errorf("told %d times", ready)
	}
}

func TestInfo(t *testing.T) {
	want := abi.LifecycleInfo{Adapter: "apiserver", Generation: 7, HostVersion: "1.2.3", DrainMS: 10_000, MaxBodyBytes: 10_000_000}
	predecessor := uint64(6)
	f := lifecyclefn.New(family.Core{
		Facts:       family.Facts{Adapter: "apiserver", Generation: 7, Version: "1.2.3", Drain: 10 * time.Second, MaxBody: 10_000_000},
		Predecessor: func() uint64 { return predecessor },
	})
	size := len(want.Append(nil))
	small := make([]byte, size-1)
	if n := f.Info(small); int(n) != size || small[0] != 0 {
		t.Errorf("a buffer too small by one: %d, %q", n, small)
	}
	buffer := make([]byte, size)
	for _, predecessor = range []uint64{6, 0} { // it ends while the guest runs
		want.Predecessor = predecessor
		var got abi.LifecycleInfo
		if n := f.Info(buffer); !got.Read(buffer[:n]) || got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestFail(t *testing.T) {
	for _, c := range []struct {
		name, code, message string
		retryable           uint32
		want                outcome.Failure
	}{
		{"as meant", "bad_token", "the token was refused", 0,
			outcome.Failure{Code: "bad_token", Message: "the token was refused"}},
		{"retryable", "net.down-2", "no route", 1,
			outcome.Failure{Code: "net.down-2", Retryable: true, Message: "no route"}},
		{"retryable by any number", "x", "", 1 << 31, outcome.Failure{Code: "x", Retryable: true}},
		{"nothing said", "", "", 0, outcome.Failure{Code: "unnamed"}},
		{"capitals and spaces", "Bad Token\n", "m", 0, outcome.Failure{Code: "bad_token_", Message: "m"}},
		{"long code", strings.Repeat("x", 65), "m", 0, outcome.Failure{Code: strings.Repeat("x", 64), Message: "m"}},
		{"message of several lines", "x", "one\ntwo\x1b[2J", 0, outcome.Failure{Code: "x", Message: `one\ntwo\x1b[2J`}},
		{"long message, cut between characters", "x", "a" + strings.Repeat("ü", 600), 0,
			outcome.Failure{Code: "x", Message: "a" + strings.Repeat("ü", 511) + "…"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []outcome.Failure
			f := lifecyclefn.New(family.Core{Failed: func(failure outcome.Failure) { got = append(got, failure) }})
			if r := f.Fail([]byte(c.code), c.retryable, []byte(c.message)); r != 0 {
				t.Errorf("result %d", r)
			}
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
