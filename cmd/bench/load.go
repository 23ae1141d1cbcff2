package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// call is a request and how its answer must look.
type call struct {
	request []byte
	check   func(status int, body []byte) error
}

// load is what a server did in one turn.
type load struct {
	rate     float64 // answers in a second
	p50, p99 time.Duration
	cpu      float64 // nanoseconds of the server's CPU time for an answer
}

// warmUp is how long a turn runs before it counts: connections are set up, caches filled.
const warmUp = 150 * time.Millisecond

// drive has so many clients send the call to the server, each the next one when it has its answer. The first wrong answer
// ends it.
func drive(ctx context.Context, server *child, c call, clients int, length time.Duration) (load, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := burst(ctx, server.address, c, clients, warmUp, nil); err != nil {
		return load{}, err
	}
	before, err := server.figures()
	if err != nil {
		return load{}, err
	}
	latencies := make([][]time.Duration, clients)
	started := time.Now()
	if err := burst(ctx, server.address, c, clients, length, latencies); err != nil {
		return load{}, err
	}
	took := time.Since(started)
	after, err := server.figures()
	if err != nil {
		return load{}, err
	}
	all := slices.Concat(latencies...)
	if len(all) < clients {
		return load{}, errors.New("a client had no answer in the whole turn")
	}
	slices.Sort(all)
	return load{
		rate: float64(len(all)) / took.Seconds(), p50: percentile(all, 50), p99: percentile(all, 99),
		cpu: float64(after.CPU-before.CPU) / float64(len(all)),
	}, nil
}

// burst runs the clients for a while. Latencies go into the slices, one for each client, if there are any.
func burst(ctx context.Context, address string, c call, clients int, length time.Duration, latencies [][]time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	deadline := time.Now().Add(length)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			took, err := loop(ctx, address, c, deadline)
			if err != nil {
				cancel(fmt.Errorf("client[%d]: %w", i, err))
			} else if latencies != nil {
				latencies[i] = took
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// loop is one client.
func loop(ctx context.Context, address string, c call, deadline time.Time) ([]time.Duration, error) {
	conn, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	took := make([]time.Duration, 0, 1<<12)
	for start := time.Now(); start.Before(deadline) && ctx.Err() == nil; {
		status, body, err := conn.do(c.request)
		if err == nil {
			err = c.check(status, body)
		}
		if err != nil {
			return nil, err
		}
		end := time.Now()
		took = append(took, end.Sub(start))
		start = end
	}
	return took, nil
}
