package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

const cycleAbout = "Restarts of the api_server by its gateway, one after the other: shutdown, teardown with every handle closed, " +
	"instantiation, opening the store, ready. What is left is the difference between before and after, once the garbage was collected."

func measureCycle(ctx context.Context, l *lab) (lines []line, err error) {
	conf, err := l.write(gatewayConfig{})
	if err != nil {
		return nil, err
	}
	server, err := l.start(ctx, sandboxed, conf)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if _, err := server.restart(10); err != nil { // the first ones fill pools and caches
		return nil, err
	}
	before, err := server.settled()
	if err != nil {
		return nil, err
	}
	cycles, err := server.restart(pick(l, 300, 50))
	if err != nil {
		return nil, err
	}
	after, err := server.settled()
	if err != nil {
		return nil, err
	}
	if err := alive(ctx, server, l.key); err != nil {
		return nil, err
	}
	slices.Sort(cycles)
	const aim = "aim: under 10 ms"
	n := len(cycles)
	handles := func(f figures) uint64 { return f.Opened - f.Closed - f.Failed }
	return []line{
		{name: fmt.Sprintf("p50 of %d", n), a: ms(percentile(cycles, 50)), b: aim},
		{name: fmt.Sprintf("p99 of %d", n), a: ms(percentile(cycles, 99)), b: aim},
		{name: "handles left", a: fmt.Sprint(int64(handles(after) - handles(before))),
			b: fmt.Sprintf("%d opened and closed, %d failed", after.Closed-before.Closed, after.Failed-before.Failed)},
		{name: "descriptors left", a: fmt.Sprint(after.FDs - before.FDs), b: fmt.Sprintf("%d in use", before.FDs)},
		{name: "goroutines left", a: fmt.Sprint(after.Goroutines - before.Goroutines), b: fmt.Sprintf("%d in use", before.Goroutines)},
		{name: "heap left", a: kib(float64(after.Heap) - float64(before.Heap)), b: mib(before.Heap) + " in use"},
		{name: "RSS left", a: kib(float64(after.RSS - before.RSS)), b: mib(before.RSS) + " in use"},
	}, nil
}

// alive asks once, so that nothing is measured of a server that is not there.
func alive(ctx context.Context, server *child, key string) error {
	c, err := dial(ctx, server.address)
	if err != nil {
		return err
	}
	defer c.close()
	call := plainChat(key)
	status, body, err := c.do(call.request)
	if err != nil {
		return err
	}
	return call.check(status, body)
}
