package lifecyclefn_test

import (
	"strings"
	"sync"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/runtime/outcome"
)

func TestReadyOnce(t *testing.T) {
	ready := 0
	f := lifecyclefn.New(lifecyclefn.Config{OnReady: func() { ready++ }})
	for i, want := range []int32{0, abi.EEXIST.Result(), abi.EEXIST.Result()} {
		if got := f.Ready(); got != want {
			t.Errorf("call %d: got %d, want %d", i, got, want)
		}
	}
	if ready != 1 {
		t.Errorf("told %d times", ready)
	}
}

func TestReadyWithoutListener(t *testing.T) {
	if got := lifecyclefn.New(lifecyclefn.Config{}).Ready(); got != 0 {
		t.Errorf("got %d", got)
	}
}

func TestInfo(t *testing.T) {
	want := abi.LifecycleInfo{Adapter: "apiserver", Generation: 7, HostVersion: "1.2.3", DrainMS: 10_000, MaxBodyBytes: 10_000_000}
	predecessor := uint64(6)
	f := lifecyclefn.New(lifecyclefn.Config{Info: want, Predecessor: func() uint64 { return predecessor }})
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
			f := lifecyclefn.New(lifecyclefn.Config{})
			if r := f.Fail([]byte(c.code), c.retryable, []byte(c.message)); r != 0 {
				t.Errorf("result %d", r)
			}
			if got, said := f.Failure(); got != c.want || !said {
				t.Errorf("got %+v (%v), want %+v", got, said, c.want)
			}
		})
	}
}

func TestLastFailureCounts(t *testing.T) {
	f := lifecyclefn.New(lifecyclefn.Config{})
	if got, said := f.Failure(); said || got != (outcome.Failure{}) {
		t.Errorf("a failure nobody reported: %+v", got)
	}
	f.Fail([]byte("first"), 1, nil)
	f.Fail([]byte("second"), 0, nil)
	if got, _ := f.Failure(); got.Code != "second" || got.Retryable {
		t.Errorf("got %+v", got)
	}
}

// The engine may look while the guest still talks.
func TestConcurrentUse(t *testing.T) {
	f := lifecyclefn.New(lifecyclefn.Config{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { f.Ready(); f.Fail([]byte("x"), 1, []byte("y")) })
		all.Go(func() { f.Failure() })
	}
	all.Wait()
}
