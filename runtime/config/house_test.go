package config

import (
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/machine"
)

const leastFlight = "the least; an eighth of memory is less"

// What is not written follows from the machine, and says so.
func TestHostLimitsFollowFromTheMachine(t *testing.T) {
	for name, c := range map[string]struct {
		machine machine.Machine
		text    string
		want    HostLimits
	}{
		"a machine": {machine.Machine{Memory: 16 << 30, Descriptors: 1024}, "", HostLimits{
			Memory: 8 << 30, BytesInFlight: 1 << 30, Descriptors: 1024,
			Origin: LimitOrigins{"half of the machine's 16.0 GiB", "follows from memory", "limit of the process"},
		}},
		"a control group": {machine.Machine{Memory: 128 << 20, Group: true, Descriptors: 64}, "[limits]\nmemory = 0", HostLimits{
			Memory: 64 << 20, BytesInFlight: 32 << 20, Descriptors: 64,
			Origin: LimitOrigins{"half of the 128.0 MiB that its control group allows", leastFlight, "limit of the process"},
		}},
		"a small machine": {machine.Machine{Memory: 24 << 20, Descriptors: 64}, "", HostLimits{
			Memory: 16 << 20, BytesInFlight: 32 << 20, Descriptors: 64,
			Origin: LimitOrigins{"the least; half of the machine's 24.0 MiB is less", leastFlight, "limit of the process"},
		}},
		"an eighth that is the least": {machine.Machine{Descriptors: 64}, "[limits]\nmemory = \"256MiB\"", HostLimits{
			Memory: 256 << 20, BytesInFlight: 32 << 20, Descriptors: 64, Origin: LimitOrigins{fromFile, "follows from memory", "limit of the process"},
		}},
		"an eighth that is too little": {machine.Machine{Descriptors: 64}, "[limits]\nmemory = \"16MiB\"", HostLimits{
			Memory: 16 << 20, BytesInFlight: 32 << 20, Descriptors: 64, Origin: LimitOrigins{fromFile, leastFlight, "limit of the process"},
		}},
		"a system that does not tell": {machine.Machine{}, "", HostLimits{
			Memory: 2 << 30, BytesInFlight: 256 << 20, Descriptors: 4096,
			Origin: LimitOrigins{"the system does not tell what the machine has", "follows from memory", "the system does not tell its limit"},
		}},
		"written": {machine.Machine{Memory: 16 << 30, Descriptors: 1024},
			"[limits]\nmemory = \"1GiB\"\nbytes_in_flight = \"5MiB\"\ndescriptors = 100", HostLimits{
				Memory: 1 << 30, BytesInFlight: 5 << 20, Descriptors: 100, Origin: LimitOrigins{fromFile, fromFile, fromFile},
			}},
		"more descriptors than there can be": {machine.Machine{Descriptors: 64}, "[limits]\nmemory = \"1GiB\"\ndescriptors = 100", HostLimits{
			Memory: 1 << 30, BytesInFlight: 128 << 20, Descriptors: 64, Origin: LimitOrigins{fromFile, "follows from memory", "limit of the process"},
		}},
	} {
		c.want.CompileMemory, c.want.CompileTime = limits.CompileMemory, limits.CompileTime
		if got := (world{text: c.text, machine: c.machine}).must(t).Limits; got != c.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestHostLimitsAreChecked(t *testing.T) {
	c := world{text: "[limits]\ncompile_memory = \"512MiB\"\ncompile_time = \"30s\"\n[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"x\"\nlimits.disk = \"9MiB\""}.must(t)
	if c.Limits.CompileMemory != 512<<20 || c.Limits.CompileTime != 30*time.Second || c.Adapters[0].Limits.Disk != 9<<20 {
		t.Errorf("%+v, disk %d", c.Limits, c.Adapters[0].Limits.Disk)
	}
	for text, want := range map[string]string{
		`memory = "1MiB"`:          ":2:10: [limits] memory must be at least 16.0 MiB, or 0 for what follows from the machine",
		`bytes_in_flight = 1`:      ":2:19: [limits] bytes_in_flight must be at least 1.0 MiB",
		`descriptors = -1`:         "descriptors must be at least 0",
		`compile_memory = "1MiB"`:  "compile_memory must be at least",
		`compile_time = "0s"`:      "compile_time must be at least",
		`disk = "1GiB"`:            "disk belongs in [adapters.NAME.limits]",
		`memry = "1GiB"`:           "did you mean memory?",
		`memory = "env:NOT_THERE"`: "NOT_THERE, which is not set",
	} {
		_, err := world{text: "[limits]\n" + text}.load(t)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Who configures by the environment alone has no file to be sent to.
func TestAFileThatIsMissingIsNoted(t *testing.T) {
	key := map[string]string{"API_SERVER_KEY": goodKey}
	if c := (world{none: true, allow: true, env: key}).must(t); !c.Missing {
		t.Error("there is no file")
	}
	if c := (world{env: key}).must(t); c.Missing {
		t.Error("there is a file")
	}
}
