package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs and what it holds",
		Long: "Show each adapter with its state and since when, generation, open handles by kind, how many were opened, closed and\n" +
			"failed to close, the next attempt and the last error. Opened is closed plus failed plus open, and what the host has\n" +
			"taken over because it could not be closed in time, always.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return a.watchStatus(cmd.Context(), asJSON)
			}
			return a.showStatus(cmd.Context(), asJSON, "")
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, whose form is stable")
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "show it again every second, until Ctrl-C")
	return cmd
}

// showStatus prints one status, after a prefix.
func (a *app) showStatus(ctx context.Context, asJSON bool, prefix string) error {
	status, err := a.client().Status(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a.out, status)
	}
	fmt.Fprint(a.out, prefix)
	now := time.Now()
	a.statusTable(status, now).write(a.out, a.colours(a.out))
	for _, text := range longReasons(status, now) {
		fmt.Fprintf(a.out, "\n%s\n", text)
	}
	for _, text := range left(status, now) {
		fmt.Fprintf(a.out, "\n%s\n", text)
	}
	fmt.Fprintf(a.out, "\n%s", houseLines(status.House))
	fmt.Fprintf(a.out, "%s\n", processLine(status.Process, now))
	return nil
}

// watchStatus prints the status again and again: with every change, and every second for what counts on by itself. On a
// terminal it does so in place.
func (a *app) watchStatus(ctx context.Context, asJSON bool) error {
	signals, end := a.signals()
	defer end()
	if _, err := a.client().Status(ctx); err != nil {
		return err // there is nobody to follow, or nobody who answers
	}
	news, stop, err := a.followChanges(ctx)
	if err != nil {
		return err
	}
	defer stop()
	clear := ""
	if a.terminal(a.out) {
		clear = "\x1b[H\x1b[2J" // cursor home, erase the screen
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := a.showStatus(ctx, asJSON, clear); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case _, more := <-news:
			if !more {
				news = nil // the host ends; the next look says so
			}
		case <-signals:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// followChanges gives a token when something has changed since the last one was taken, until stop is called. The channel is
// closed when the host ends.
func (a *app) followChanges(ctx context.Context) (_ <-chan struct{}, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	changes, err := a.client().Changes(ctx)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	news := make(chan struct{}, 1)
	go func() {
		defer close(news)
		for _, err := range changes {
			if err != nil {
				return
			}
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}()
	return news, func() {
		cancel()
		for range news { // until the goroutine has ended
		}
	}, nil
}

func printJSON(w io.Writer, value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := w.Write(printableJSON(text.Bytes()))
	return err
}

// printableJSON escapes what the encoder leaves as it is although a terminal may obey it: controls beyond ASCII, and marks that turn
// the direction of writing. They can only stand in strings.
func printableJSON(text []byte) []byte {
	if bytes.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var shown []byte
	for _, r := range string(text) {
		switch {
		case !unprintable(r):
			shown = utf8.AppendRune(shown, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			shown = fmt.Appendf(shown, `\u%04x\u%04x`, high, low)
		default:
			shown = fmt.Appendf(shown, `\u%04x`, r)
		}
	}
	return shown
}

func unprintable(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
