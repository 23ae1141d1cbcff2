package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const neighbourAbout = "`POST /v1/chat/completions` through the api_server in its sandbox while other slots of the same process use all of the " +
	"processor that they get. A is the latency with them, B without. One client asks for as long as the machine has room for it, " +
	"sixteen use all of it by themselves."

// company is what burns beside the API server.
type company struct {
	kind burner
	n    int
}

func companies() []company {
	return []company{
		{burnsInLoop, 1}, {burnsInLoop, 10},
		{burnsInWait, 1}, {burnsInWait, 10},
		{burnsInCopy, 1}, {burnsInCopy, 2},
	}
}

func measureNeighbour(ctx context.Context, l *lab) (lines []line, err error) {
	server, err := l.startWithBurners(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	for _, c := range companies() {
		for _, clients := range []int{1, 16} {
			with, without, err := l.neighbourTurns(ctx, server, c, clients)
			if err != nil {
				return nil, fmt.Errorf("%d in %s: %w", c.n, c.kind.about, err)
			}
			compare := func(name string, value func(load) float64) line {
				a, b := figuresIn(with, value), figuresIn(without, value)
				return line{fmt.Sprintf("%d in %s, clients %d: %s", c.n, c.kind.about, clients, name), nanoseconds(a.median()), nanoseconds(b.median()), a.over(b)}
			}
			lines = append(lines,
				compare("p50", func(l load) float64 { return float64(l.p50) }), compare("p99", func(l load) float64 { return float64(l.p99) }))
		}
	}
	return lines, nil
}

// startWithBurners starts the API server and pauses all that it is started with.
func (l *lab) startWithBurners(ctx context.Context) (*child, error) {
	var toml strings.Builder
	kinds := []burner{burnsInLoop, burnsInWait, burnsInCopy}
	for _, kind := range kinds {
		lines, err := l.writeBurner(kind)
		if err != nil {
			return nil, err
		}
		toml.WriteString(lines)
	}
	conf, err := l.write(gatewayConfig{settings: toml.String()})
	if err != nil {
		return nil, err
	}
	server, err := l.start(ctx, sandboxed, conf)
	if err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		if err := server.pause(kind.adapters(kind.most)); err != nil {
			return nil, errors.Join(err, server.stop())
		}
	}
	return server, nil
}

// neighbourTurns measures without the company and with it, in turn.
func (l *lab) neighbourTurns(ctx context.Context, server *child, c company, clients int) (with, without []load, err error) {
	measure := func() (load, error) {
		return drive(ctx, server, plainChat(l.key), clients, pick(l, time.Second, 500*time.Millisecond))
	}
	for range pick(l, 3, 2) {
		idle, err := measure()
		if err != nil {
			return nil, nil, err
		}
		if err := server.resume(c.kind.adapters(c.n)); err != nil {
			return nil, nil, err
		}
		busy, err := measure()
		if err != nil {
			return nil, nil, err
		}
		if err := server.pause(c.kind.adapters(c.n)); err != nil {
			return nil, nil, err
		}
		with, without = append(with, busy), append(without, idle)
	}
	return with, without, nil
}
