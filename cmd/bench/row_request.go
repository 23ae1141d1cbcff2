package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const requestAbout = "A is `POST /v1/chat/completions` (200 bytes, 16 words back) through the api_server in its sandbox. " +
	"B is its native twin (the same adapter code on the same host functions behind the same listener, without Wasm), and in " +
	"the lines *plain Go* a bare net/http and encoding/json handler without host, agent or store, which flushes each word of " +
	"a stream. The load generator shares the machine with the servers; CPU is that of the server process alone."

// requestCase is a kind of request with so many clients.
type requestCase struct {
	name    string
	clients int
	call    func(key string) call
}

func requestCases() []requestCase {
	return []requestCase{
		{"plain, 16 clients", 16, plainChat},
		{"plain, 256 clients", 256, plainChat},
		{"streamed, 16 clients", 16, streamedChat},
		{"streamed, 256 clients", 256, streamedChat},
	}
}

// trio is the three servers that answer the same requests.
type trio [3]*child

// The places in a trio.
const (
	inSandbox = iota
	inNative
	inReference
)

func measureRequest(ctx context.Context, l *lab) (lines []line, err error) {
	servers, err := l.startTrio(ctx)
	defer func() { err = errors.Join(err, servers.stop()) }()
	if err != nil {
		return nil, err
	}
	for _, c := range requestCases() {
		turns, err := l.requestTurns(ctx, servers, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		lines = append(lines, requestLines(c, turns)...)
	}
	return lines, nil
}

func (l *lab) startTrio(ctx context.Context) (servers trio, err error) {
	for i, kind := range []serverKind{sandboxed, native, reference} {
		conf, err := l.write(gatewayConfig{})
		if err != nil {
			return servers, err
		}
		var flags []string
		if kind == sandboxed && l.profile != "" {
			flags = []string{"-cpuprofile", l.profile}
		}
		if servers[i], err = l.start(ctx, kind, conf, flags...); err != nil {
			return servers, err
		}
	}
	return servers, nil
}

func (t trio) stop() error {
	var errs []error
	for _, server := range t {
		if server != nil {
			errs = append(errs, server.stop())
		}
	}
	return errors.Join(errs...)
}

// requestTurns lets the servers take turns; every other turn in reverse, so that a machine that grows slower favours none.
func (l *lab) requestTurns(ctx context.Context, servers trio, c requestCase) (turns [3][]load, err error) {
	length := pick(l, 1500*time.Millisecond, 400*time.Millisecond)
	for turn := range pick(l, 5, 2) {
		for i := range servers {
			if turn%2 == 1 {
				i = len(servers) - 1 - i
			}
			done, err := drive(ctx, servers[i], c.call(l.key), c.clients, length)
			if err != nil {
				return turns, err
			}
			turns[i] = append(turns[i], done)
		}
	}
	return turns, nil
}

func requestLines(c requestCase, turns [3][]load) []line {
	compare := func(name string, other int, value func(load) float64, show func(float64) string) line {
		a, b := figuresIn(turns[inSandbox], value), figuresIn(turns[other], value)
		return line{c.name + ": " + name, show(a.median()), show(b.median()), a.over(b)}
	}
	rate := func(l load) float64 { return l.rate }
	perSecond := func(v float64) string { return fmt.Sprintf("%.0f/s", v) }
	cpu := func(l load) float64 { return l.cpu }
	return []line{
		compare("throughput", inNative, rate, perSecond),
		compare("p50", inNative, func(l load) float64 { return float64(l.p50) }, nanoseconds),
		compare("p99", inNative, func(l load) float64 { return float64(l.p99) }, nanoseconds),
		compare("CPU of a request", inNative, cpu, nanoseconds),
		compare("throughput, B *plain Go*", inReference, rate, perSecond),
		compare("CPU of a request, B *plain Go*", inReference, cpu, nanoseconds),
	}
}

func figuresIn(turns []load, value func(load) float64) samples {
	var s samples
	for _, turn := range turns {
		s = append(s, value(turn))
	}
	return s
}
