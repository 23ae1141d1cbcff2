// Command guest is a WASI program for the tests and benchmarks of metering: it
// does the work that its first argument names and prints what came out.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model       string    `json:"model"`
	Stream      bool      `json:"stream"`
	Temperature float64   `json:"temperature"`
	Messages    []message `json:"messages"`
}

const sample = `{"model":"echo-1","stream":true,"temperature":0.7,"messages":[` +
	`{"role":"system","content":"You are a helpful assistant."},` +
	`{"role":"user","content":"Hello, how are you today? Tell me a story."}]}`

func main() {
	if len(os.Args) == 4 && os.Args[1] == "bench" {
		bench(os.Args[2], os.Args[3])
		return
	}
	everything()
}

// bench prints how many nanoseconds the work takes, in the best of some runs of
// so many rounds: short runs find the quiet moments of a busy machine.
func bench(work, rounds string) {
	n, err := strconv.Atoi(rounds)
	if err != nil {
		panic(err)
	}
	f := map[string]func(){"parse": parse, "marshal": marshal, "spawn": spawn, "sum": sum}[work]
	best := time.Duration(1<<63 - 1)
	for range 40 {
		start := time.Now()
		for range n {
			f()
		}
		best = min(best, time.Since(start))
	}
	fmt.Println(float64(best) / float64(n))
}

func parse() {
	var r request
	if err := json.Unmarshal([]byte(sample), &r); err != nil || len(r.Messages) != 2 {
		panic(fmt.Sprint(r, err))
	}
}

func marshal() {
	r := request{Model: "echo-1", Messages: []message{{"user", "Hello"}, {"assistant", "Hello to you"}}}
	if out, err := json.Marshal(r); err != nil || len(out) == 0 {
		panic(err)
	}
}

func spawn() {
	done := make(chan int)
	go func() { done <- 1 }()
	<-done
}

var words [4096]uint32

func sum() {
	var total uint32
	for i := range words {
		total += words[i] ^ uint32(i)
	}
	words[0] = total
}

// everything touches what Go's runtime does on WebAssembly: goroutines that
// unwind the stack, growing stacks, maps, panics, the collector, floats.
func everything() {
	parse()
	var r request
	_ = json.Unmarshal([]byte(sample), &r)
	out, _ := json.Marshal(r)
	fmt.Printf("%x\n", sha256.Sum256(out))

	squares := make(chan int)
	for i := range 20 {
		go func() { squares <- i * i }()
	}
	total := 0
	for range 20 {
		total += <-squares
	}
	fmt.Println(total, deep(500), recovered())

	counts := map[string]int{}
	for _, w := range strings.Fields(strings.Repeat("the quick brown fox jumps over the lazy dog ", 50)) {
		counts[w]++
	}
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k+strconv.Itoa(counts[k]))
	}
	slices.Sort(keys)
	fmt.Println(keys)

	x := 1.0
	for i := range 1000 {
		x += 1 / (x * float64(i+1))
	}
	runtime.GC()
	fmt.Println(x, len(fmt.Sprint(make([]int, 1000))))
	fmt.Fprintln(os.Stderr, "done")
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	var pad [16]int
	pad[n%16] = deep(n - 1)
	return pad[n%16] + 1
}

func recovered() (result string) {
	defer func() { result = fmt.Sprint(recover()) }()
	var none []int
	return strconv.Itoa(none[len(os.Args)])
}
