package main

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// stdio is what the commands have of their process; tests bring their own.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	// env looks up an environment variable.
	env func(name string) (string, bool)
	// terminal reports whether one of the streams is a terminal.
	terminal func(stream any) bool
	// signals delivers the signals that stop or reload, until it is told to end.
	signals func() (received <-chan os.Signal, end func())
	// program is how the program was called, for command lines that are shown.
	program string
}

// processIO returns the streams, environment and signals of the process.
func processIO() stdio {
	return stdio{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv, terminal: isTerminal, signals: osSignals,
		program: programName(os.Args[0]),
	}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// osSignals asks for the signals. The buffer holds one of each kind, and the second that makes an end at once.
func osSignals() (<-chan os.Signal, func()) {
	received := make(chan os.Signal, 4)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return received, func() { signal.Stop(received) }
}

// programName keeps a path that was typed, such as bin/innkeeper, so that what is shown can be typed again.
func programName(arg0 string) string {
	if strings.ContainsRune(arg0, filepath.Separator) {
		return arg0
	}
	return strings.TrimSuffix(filepath.Base(arg0), ".exe")
}

// colours reports whether escape sequences are welcome on a stream. https://no-color.org
func (s stdio) colours(stream any) bool {
	refused, _ := s.env("NO_COLOR")
	kind, _ := s.env("TERM")
	return refused == "" && kind != "dumb" && s.terminal(stream)
}
