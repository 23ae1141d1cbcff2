package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// child is a server in a process of its own. It is talked to in lines: a command to it, an answer in JSON from it.
type child struct {
	address string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
}

// start starts this program anew as a server and waits until it serves.
func (l *lab) start(ctx context.Context, kind serverKind, conf string, flags ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{serveCommand, "-kind", string(kind), "-config", conf}, flags...)...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	if err := c.read(&c.address); err != nil {
		return nil, errors.Join(fmt.Errorf("server[%s]: %w", kind, err), c.stop())
	}
	return c, nil
}

// read reads an answer.
func (c *child) read(to any) error {
	text, err := c.stdout.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (c *child) ask(command string, to any) error {
	if _, err := fmt.Fprintln(c.stdin, command); err != nil {
		return err
	}
	if err := c.read(to); err != nil {
		return fmt.Errorf("command[%s]: %w", command, err)
	}
	return nil
}

// figures are what the server has used up to now.
func (c *child) figures() (f figures, err error) {
	err = c.ask(commandFigures, &f)
	return f, err
}

// settled are the figures after a garbage collection.
func (c *child) settled() (f figures, err error) {
	err = c.ask(commandSettle, &f)
	return f, err
}

// restart has the gateway restart its adapter so many times, and gives the time of each cycle.
func (c *child) restart(times int) (cycles []time.Duration, err error) {
	err = c.ask(fmt.Sprint(commandRestart, " ", times), &cycles)
	return cycles, err
}

// pause and resume operate adapters beside the one that is measured.
func (c *child) pause(adapters []string) error { return c.operate(commandPause, adapters) }

func (c *child) resume(adapters []string) error { return c.operate(commandResume, adapters) }

func (c *child) operate(command string, adapters []string) error {
	return c.ask(command+" "+strings.Join(adapters, " "), &struct{}{})
}

// stop ends the server and waits for it. Closing its input is the sign.
func (c *child) stop() error { return errors.Join(c.stdin.Close(), c.cmd.Wait()) }
