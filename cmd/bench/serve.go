package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// serveCommand makes this program a server; only [lab.start] gives it.
const serveCommand = "serve"

// serverKind is what the server is.
type serverKind string

// The servers.
const (
	sandboxed serverKind = "sandboxed" // the gateway, the adapter in Wasm
	native    serverKind = "native"    // the adapter's native twin behind the same host
	reference serverKind = "reference" // a plain Go handler
)

// The commands.
const (
	commandFigures = "figures"
	commandSettle  = "settle"
	commandRestart = "restart"
	commandPause   = "pause"  // adapters beside the one that is measured
	commandResume  = "resume" // them
)

// server is one of the kinds, running.
type server interface {
	address() string
	// figures adds what the server knows beyond its process.
	figures(f *figures)
	// restart ends the instance and returns the time until the next one is ready.
	restart(ctx context.Context) (time.Duration, error)
	close(ctx context.Context) error
}

var errNoRestart = errors.New("this server cannot be restarted")

// serve is the server's main: it runs until its input ends.
func serve(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet(serveCommand, flag.ContinueOnError)
	kind := flags.String("kind", "", "what to serve")
	conf := flags.String("config", "", "TOML file")
	profile := flags.String("cpuprofile", "", "file for a CPU profile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := newServer(ctx, serverKind(*kind), *conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	if *profile != "" {
		stop, err := startProfile(*profile)
		if err != nil {
			return err
		}
		defer stop()
	}
	return obey(ctx, s)
}

func newServer(ctx context.Context, kind serverKind, conf string) (server, error) {
	switch kind {
	case sandboxed:
		return newGateway(ctx, conf)
	case native:
		return newTwin(ctx, conf)
	case reference:
		return newReference(ctx, conf)
	}
	return nil, fmt.Errorf("server[%s]: no such kind", kind)
}

func startProfile(path string) (stop func(), err error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close() // a profile that is cut short shows when it is read
	}, nil
}

// obey says where the server is and answers commands.
func obey(ctx context.Context, s server) error {
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(s.address()); err != nil {
		return err
	}
	for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
		answer, err := execute(ctx, s, commands.Text())
		if err != nil {
			return err
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

func execute(ctx context.Context, s server, command string) (answer any, err error) {
	name, argument, _ := strings.Cut(command, " ")
	switch name {
	case commandFigures:
		return figuresOf(s), nil
	case commandSettle:
		settle()
		return figuresOf(s), nil
	case commandPause, commandResume:
		others, ok := s.(interface {
			operate(ctx context.Context, adapters []string, run bool) error
		})
		if !ok {
			return nil, errors.New("this server has no other adapters")
		}
		return struct{}{}, others.operate(ctx, strings.Fields(argument), name == commandResume)
	case commandRestart:
		times, err := strconv.Atoi(argument)
		if err != nil {
			return nil, err
		}
		return restart(ctx, s, times)
	}
	return nil, fmt.Errorf("command[%s]: no such command", name)
}

func figuresOf(s server) figures {
	f := measureSelf()
	s.figures(&f)
	return f
}

func restart(ctx context.Context, s server, times int) ([]time.Duration, error) {
	cycles := make([]time.Duration, times)
	for i := range cycles {
		var err error
		if cycles[i], err = s.restart(ctx); err != nil {
			return nil, fmt.Errorf("restart[%d]: %w", i, err)
		}
	}
	return cycles, nil
}
