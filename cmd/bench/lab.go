package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"innkeeper/runtime/config"
)

// lab is what the rows share: a folder, and how thorough to be.
type lab struct {
	dir     string
	quick   bool
	binary  string // the gateway's binary
	profile string // where a CPU profile goes; "" for none
	key     string // bearer key of all servers
}

func newLab(quick bool, binary, profile string) (*lab, error) {
	dir, err := os.MkdirTemp("", "innkeeper-bench-")
	if err != nil {
		return nil, err
	}
	return &lab{dir: dir, quick: quick, binary: binary, profile: profile, key: config.NewKey()}, nil
}

// close removes the folder. What cannot be removed is only litter.
func (l *lab) close() { _ = os.RemoveAll(l.dir) }

// measure measures the rows one after the other.
func (l *lab) measure(ctx context.Context, rows []row) ([]measuredRow, error) {
	var measured []measuredRow
	for _, r := range rows {
		started := time.Now()
		l.say("%s …", r.name)
		lines, err := r.measure(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("row[%s]: %w", r.name, err)
		}
		l.say("%s: %v", r.name, time.Since(started).Round(time.Second))
		measured = append(measured, measuredRow{r, lines})
	}
	return measured, nil
}

// say tells whoever waits what goes on.
func (l *lab) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// pick is the full number, or the one for a quick look.
func pick[T any](l *lab, full, quick T) T {
	if l.quick {
		return quick
	}
	return full
}

// gatewayConfig is what a configuration of a gateway says.
type gatewayConfig struct {
	listen   string        // address of the API server; a free port if empty
	delay    time.Duration // of the echo agent
	module   string        // of an adapter named bench; none if empty
	settings string        // lines of TOML for the API server
}

// write makes a folder with a configuration in it and returns the file.
func (l *lab) write(h gatewayConfig) (file string, err error) {
	dir, err := os.MkdirTemp(l.dir, "gateway-")
	if err != nil {
		return "", err
	}
	if h.listen == "" {
		h.listen = "127.0.0.1:0"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "log_level = \"warn\"\n[agent]\nkind = \"echo\"\ndelay = %q\n", h.delay.String())
	if h.module != "" {
		fmt.Fprintf(&b, "[adapters.bench]\nmodule = %s\nlisten = %q\n", strconv.Quote(h.module), h.listen)
	} else {
		fmt.Fprintf(&b, "[adapters.%s]\nlisten = %q\nkey = %q\n%s", apiServer, h.listen, l.key, h.settings)
	}
	file = filepath.Join(dir, "innkeeper.toml")
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

// apiServer is the name of the bundled adapter.
const apiServer = "api_server"
