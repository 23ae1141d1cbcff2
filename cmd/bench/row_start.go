package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const startAbout = "The binary itself, from the start of the process until a client has its answer. Cold is without compiled modules in " +
	"the data folder (A), warm with them (B). Idle RSS is that of the process one second after its first answer, read from outside."

// began is how long one start took.
type began struct {
	health, chat time.Duration
	rss          int64
}

func measureStart(ctx context.Context, l *lab) (lines []line, err error) {
	info, err := os.Stat(l.binary)
	if err != nil {
		return nil, fmt.Errorf("%w: build it first, with make build", err)
	}
	var cold, warm []began
	for range pick(l, 5, 1) {
		listen, err := freeAddress()
		if err != nil {
			return nil, err
		}
		conf, err := l.write(gatewayConfig{listen: listen})
		if err != nil {
			return nil, err
		}
		for _, into := range []*[]began{&cold, &warm, &warm} {
			b, err := l.startOnce(ctx, conf, listen)
			if err != nil {
				return nil, err
			}
			*into = append(*into, b)
		}
	}
	health := func(b began) float64 { return float64(b.health) }
	chat := func(b began) float64 { return float64(b.chat) }
	compare := func(name string, value func(began) float64) line {
		// Two warm starts follow each cold one; the better of them is its partner.
		a, b := seriesOf(cold, value), bestOfPairs(seriesOf(warm, value))
		return line{name, nanoseconds(a.median()), nanoseconds(b.median()), a.over(b)}
	}
	return []line{
		compare("first 200 of /health, cold / warm", health),
		compare("first chat completion, cold / warm", chat),
		{name: "first 200 of /health, warm, worst", a: nanoseconds(slices.Max(seriesOf(warm, health))), b: "aim: under 150 ms"},
		{name: "binary", a: mib(info.Size())},
		{name: "idle RSS, warm", a: mib(seriesOf(warm, func(b began) float64 { return float64(b.rss) }).median()),
			b: mib(seriesOf(cold, func(b began) float64 { return float64(b.rss) }).median()) + " after a cold start"},
	}, nil
}

func seriesOf[T any](list []T, value func(T) float64) (s samples) {
	for _, item := range list {
		s = append(s, value(item))
	}
	return s
}

func bestOfPairs(s samples) (best samples) {
	for pair := range slices.Chunk(s, 2) {
		best = append(best, slices.Min(pair))
	}
	return best
}

// freeAddress is an address on loopback that nobody listens at, for a moment at least.
func freeAddress() (string, error) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return socket.Addr().String(), socket.Close()
}

// startOnce runs the binary until it has answered, and ends it.
func (l *lab) startOnce(ctx context.Context, conf, address string) (b began, err error) {
	cmd := exec.CommandContext(ctx, l.binary, "run", "-c", conf)
	cmd.Dir = filepath.Dir(conf)
	if cmd.Path, err = filepath.Abs(l.binary); err != nil {
		return b, err
	}
	output, err := os.Create(filepath.Join(cmd.Dir, "output"))
	if err != nil {
		return b, err
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, end(cmd)) }()
	if err := firstAnswer(ctx, address, call{get("/health"), wantOK}); err != nil {
		return b, err
	}
	b.health = time.Since(started)
	if err := firstAnswer(ctx, address, plainChat(l.key)); err != nil {
		return b, err
	}
	b.chat = time.Since(started)
	time.Sleep(time.Second) // idle is what is measured
	b.rss, err = residentOf(cmd.Process.Pid)
	return b, err
}

// end asks the process to end, as a service manager does, and waits for it.
func end(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	return cmd.Wait()
}

func wantOK(status int, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %s", status, body)
	}
	return nil
}

// startTimeout is longer than any start takes that is not a fault.
const startTimeout = 30 * time.Second

// firstAnswer asks until the answer is right: before, nobody listens, or the host says that it is not ready.
func firstAnswer(ctx context.Context, address string, c call) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := once(ctx, address, c)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Millisecond) // a client that polls
	}
}

func once(ctx context.Context, address string, c call) error {
	conn, err := dial(ctx, address)
	if err != nil {
		return err
	}
	defer conn.close()
	status, body, err := conn.do(c.request)
	if err != nil {
		return err
	}
	return c.check(status, body)
}
