package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// quantity is something that must not grow with the number of cycles.
type quantity struct {
	name string
	unit float64 // one of what the table shows, in what is measured
	most float64 // that it may grow in 10,000 cycles, in what is measured
}

// The quantities, in the order of a sample's values. The tolerances are what one row of 10,000 cycles moved on a quiet machine,
// times a few: a descriptor, a goroutine or a mapping for each cycle would be 10,000 of them.
var quantities = []quantity{
	{"heap MiB", 1 << 20, 4 << 20},   // what the last collection found alive
	{"RSS MiB", 1 << 20, 24 << 20},   // the system takes back what it likes, when it likes
	{"fds", 1, 4},                    // between two generations
	{"goroutines", 1, 4},             //
	{"x-maps", 1, 4},                 // executable mappings: compiled code
	{"guest MiB", 1 << 20, 64 << 10}, // linear memory, by the house's budget
	{"log B/cycle", 1, 64},           // numbers get longer, and the neighbour's requests are in it
	{"p99 ms", float64(time.Millisecond), 5 * float64(time.Millisecond)}, // of the neighbour
}

// sample is one look at all quantities.
type sample struct {
	cycle  int
	values []float64
}

// sampler looks at the process from time to time.
type sampler struct {
	harness   *harness
	neighbour *steady
	logs      *counter
	samples   []sample
	logged    int64 // by the last sample
	at        int   // its cycle
}

// look takes a sample, between two generations.
func (s *sampler) look(cycle int) {
	logged := s.logs.n.Load()
	perCycle := float64(logged-s.logged) / float64(max(cycle-s.at, 1))
	s.logged, s.at = logged, cycle
	now := read(s.harness.t, s.harness.dataDir())
	s.samples = append(s.samples, sample{cycle, []float64{
		liveHeap(), float64(now.rss), float64(now.total()), float64(now.goroutines), float64(executableMappings()),
		float64(s.harness.house.memory.Use().Used), perCycle, float64(s.neighbour.window()),
	}})
}

// liveHeap is what the last collection found alive. None is forced for it.
func liveHeap() float64 {
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(read)
	return float64(read[0].Value.Uint64())
}

// executableMappings counts the mappings that code can run in; 0 where the system does not tell.
func executableMappings() (n int) {
	text, _ := os.ReadFile("/proc/self/maps")
	for line := range bytes.Lines(text) {
		if _, rest, found := bytes.Cut(line, []byte(" ")); found && len(rest) > 3 && rest[2] == 'x' {
			n++
		}
	}
	return n
}

// judgedCycles is how many a row must have for a line through its samples to mean something.
const judgedCycles = 1000

// judge fits a line through each quantity's samples after the warm-up, which is their first fifth, and fails the test for one that
// rises more than it may between four fifths of all pairs of samples: what a busy machine does to some of them is no trend. It gives the line's value at the end and its rise in 10,000 cycles, for the table.
func (s *sampler) judge(t *testing.T) string {
	t.Helper()
	if len(s.samples) < 2 {
		return ""
	}
	warm := s.samples[len(s.samples)/5:]
	var cells []string
	for i, q := range quantities {
		rise, least := slope(warm, i, 0.5)*10_000, slope(warm, i, 0.2)*10_000
		if last := warm[len(warm)-1].cycle; last >= judgedCycles && least > q.most {
			t.Errorf("%s rises by %.2f in 10,000 cycles, at most %.2f is noise", q.name, rise/q.unit, q.most/q.unit)
		}
		cells = append(cells, fmt.Sprintf("%.2f (%+.2f)", warm[len(warm)-1].values[i]/q.unit, rise/q.unit))
	}
	return strings.Join(cells, " | ")
}

// slope is a quantile of the slopes between all pairs of samples. The median is the line of Theil and Sen, which a few outliers do
// not move.
func slope(samples []sample, i int, quantile float64) float64 {
	var slopes []float64
	for n, a := range samples {
		for _, b := range samples[n+1:] {
			if b.cycle > a.cycle {
				slopes = append(slopes, (b.values[i]-a.values[i])/float64(b.cycle-a.cycle))
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return slopes[int(quantile*float64(len(slopes)))]
}

// A line that rises is told from one that does not, whatever a few samples say.
func TestSlope(t *testing.T) {
	line := func(value func(n int) float64) (samples []sample) {
		for n := range 20 {
			samples = append(samples, sample{n * 100, []float64{value(n)}})
		}
		return samples
	}
	if got := slope(line(func(n int) float64 { return float64(n*100) * 3 }), 0, 0.2); got != 3 {
		t.Errorf("a line: %v", got)
	}
	if got := slope(line(func(n int) float64 { return float64(5 + n%2) }), 0, 0.5); got > 0.001 {
		t.Errorf("noise: %v", got)
	}
	if got := slope(line(func(n int) float64 { return float64(n / 17 * 1000) }), 0, 0.5); got != 0 {
		t.Errorf("an outlier: %v", got)
	}
}

// counter counts what is written to it.
type counter struct{ n atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// steady is a client that asks a slot at a steady pace, until it is stopped.
type steady struct {
	mu    sync.Mutex
	took  []time.Duration // since the last look
	all   int
	err   error
	ended chan struct{}
	stop  chan struct{}
}

// pace is the time between two requests of a steady client.
const pace = 5 * time.Millisecond

// keepAsking starts the client. It must get an answer each time.
func keepAsking(address string) (*steady, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	s := &steady{ended: make(chan struct{}), stop: make(chan struct{})}
	go func() {
		defer close(s.ended)
		defer c.drop()
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
			if !s.note(c.exchange()) {
				return
			}
		}
	}()
	return s, nil
}

// exchange asks once, and gives how long the answer took.
func (c *client) exchange() (time.Duration, error) {
	began := time.Now()
	if err := c.send(); err != nil {
		return 0, err
	}
	response, err := c.receive()
	if err != nil {
		return 0, err
	}
	if _, err := c.reader.Discard(int(response.ContentLength)); err != nil {
		return 0, err
	}
	if response.StatusCode != 200 {
		return 0, errors.New(response.Status)
	}
	return time.Since(began), nil
}

func (s *steady) note(took time.Duration, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took, s.all, s.err = append(s.took, took), s.all+1, err
	return err == nil
}

// window gives the 99th percentile since it was asked last.
func (s *steady) window() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.took) == 0 {
		return 0
	}
	slices.Sort(s.took)
	p99 := s.took[int(0.99*float64(len(s.took)-1))]
	s.took = s.took[:0]
	return p99
}

// finish ends the client, and gives how many requests were answered.
func (s *steady) finish() (int, error) {
	close(s.stop)
	<-s.ended
	return s.all, s.err
}
