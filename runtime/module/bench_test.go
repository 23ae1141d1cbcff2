package module_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/module"
)

func BenchmarkAdmit(b *testing.B) {
	raw := guest(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		admit(b, raw)
	}
}

// BenchmarkRefuse is what a file costs that is made to cost much.
func BenchmarkRefuse(b *testing.B) {
	for name, file := range oversized() {
		raw := []byte(file)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := module.Admit(raw, policy()); err == nil {
					b.Fatal("admitted")
				}
			}
		})
	}
}

func BenchmarkInstrument(b *testing.B) {
	raw := guest(b)
	m := admit(b, raw)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := m.Instrument(module.Meter{MaxPages: 4096}); err != nil {
			b.Fatal(err)
		}
	}
}

// works are what testdata/guest can be asked to do, with the rounds of one run.
var works = map[string]int{"parse": 10, "marshal": 50, "spawn": 50, "sum": 50}

// BenchmarkInterruption compares ways to make a Go guest stoppable, on the
// same work: none, metering, and the engine's WithCloseOnContextDone. The ways
// take turns, so that a busy machine disturbs all alike. ns/op is the best
// run's time of one unit of work as the guest's own clock has it, and x-plain
// its ratio to none; -benchtime changes nothing.
func BenchmarkInterruption(b *testing.B) {
	const turns = 30
	raw := guest(b)
	compiler := wazero.NewRuntimeConfigCompiler()
	ways := []struct {
		name string
		run  func(testing.TB, ...string) (string, string)
	}{
		{"plain", program(b, newHost(b, compiler), raw)},
		{"metered", program(b, newHost(b, compiler), instrument(b, raw))},
		{"context", program(b, newHost(b, compiler.WithCloseOnContextDone(true)), raw)},
	}
	best := map[string]float64{}
	for range turns {
		for _, way := range ways {
			for work, rounds := range works {
				ns := nanoseconds(b, way.run, work, rounds)
				key := way.name + "/" + work
				if was, found := best[key]; !found || ns < was {
					best[key] = ns
				}
			}
		}
	}
	for _, way := range ways {
		for _, work := range slices.Sorted(maps.Keys(works)) {
			b.Run(way.name+"/"+work, func(b *testing.B) {
				ns := best[way.name+"/"+work]
				b.ReportMetric(ns, "ns/op")
				b.ReportMetric(ns/best["plain/"+work], "x-plain")
			})
		}
	}
}

func nanoseconds(b *testing.B, run func(testing.TB, ...string) (string, string), work string, rounds int) float64 {
	b.Helper()
	out, _ := run(b, "bench", work, strconv.Itoa(rounds))
	ns, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns
}
