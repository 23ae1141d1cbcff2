package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const streamsAbout = "Open streamed chat completions on one instance, each with its head and first frame sent and its agent still " +
	"thinking. A is for one stream: the difference of the server's process to before the first one, after a collection of garbage. Heap " +
	"and stacks are the host's: connection, exchange, turn."

func measureStreams(ctx context.Context, l *lab) (lines []line, err error) {
	// The agent takes a minute for each word, so every stream stays open; its client gets a sign of life after a second.
	conf, err := l.write(gatewayConfig{delay: time.Minute, settings: "keepalive = \"1s\"\n"})
	if err != nil {
		return nil, err
	}
	server, err := l.start(ctx, sandboxed, conf)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	empty, err := server.settled()
	if err != nil {
		return nil, err
	}
	var clients []*client
	defer func() {
		for _, c := range clients {
			c.close()
		}
	}()
	for _, wanted := range pick(l, []int{1000, 5000}, []int{200, 1000}) {
		more, err := openStreams(ctx, server.address, l.key, wanted-len(clients))
		clients = append(clients, more...)
		if err != nil {
			return nil, err
		}
		full, err := server.settled()
		if err != nil {
			return nil, err
		}
		if full.Open < 2*wanted { // an exchange and a turn for each
			return nil, fmt.Errorf("%d handles open for %d streams", full.Open, wanted)
		}
		lines = append(lines, streamLines(wanted, empty, full)...)
	}
	return lines, nil
}

func streamLines(n int, empty, full figures) []line {
	each := func(before, after float64) string { return kib((after - before) / float64(n)) }
	name := func(what string) string { return fmt.Sprintf("%d open: %s", n, what) }
	return []line{
		{name: name("RSS"), a: each(float64(empty.RSS), float64(full.RSS)), b: mib(full.RSS) + " in all"},
		{name: name("guest's memory"), a: each(float64(empty.Guest), float64(full.Guest)), b: mib(full.Guest) + " in all"},
		{name: name("host's heap"), a: each(float64(empty.Heap), float64(full.Heap)), b: mib(full.Heap) + " in all"},
		{name: name("host's stacks"), a: each(float64(empty.Stacks), float64(full.Stacks)), b: fmt.Sprintf("%d goroutines", full.Goroutines)},
	}
}

// openStreams opens so many streams and reads the first frame of each.
func openStreams(ctx context.Context, address, key string, n int) ([]*client, error) {
	clients := make([]*client, n)
	errs := make([]error, n)
	places := make(chan struct{}, 256) // what the machine's queue of new connections takes
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			places <- struct{}{}
			clients[i], errs[i] = askStream(ctx, address, key)
			<-places
			if errs[i] == nil {
				errs[i] = clients[i].firstFrame()
			}
		})
	}
	group.Wait()
	var opened []*client
	for _, c := range clients {
		if c != nil {
			opened = append(opened, c)
		}
	}
	return opened, errors.Join(errs...)
}

func askStream(ctx context.Context, address, key string) (*client, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return c, c.send(streamedChat(key).request)
}

// firstFrame reads the head of a stream and one chunk.
func (c *client) firstFrame() error {
	h, err := c.head()
	if err != nil {
		return err
	}
	if h.status != http.StatusOK || !h.chunked {
		return fmt.Errorf("status %d, chunked %t: not a stream", h.status, h.chunked)
	}
	_, err = c.chunk()
	return err
}
