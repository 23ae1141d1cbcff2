// Command bench measures what the sandbox costs and prints one table of ratios, in Markdown.
//
// Both sides of a ratio are measured in the same run, taking turns, and the table shows the median of the turns' ratios
// with the smallest and the largest: on a busy machine single figures say little. Servers run in processes of their own,
// which this program starts from itself, so that their CPU time and memory are theirs alone. Every answer is checked; a
// wrong one ends the run, because a benchmark that skips the work is worse than none.
//
// The package owns the measuring. It uses the gateway as its users do and reaches into nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// rows are the table's rows, in its order.
func rows() []row {
	return []row{
		{"request", requestAbout, measureRequest},
		{"interruption", interruptionAbout, measureInterruption},
		{"neighbour", neighbourAbout, measureNeighbour},
		{"responses", responsesAbout, measureResponses},
		{"sqlite", sqliteAbout, measureSQLite},
		{"cycle", cycleAbout, measureCycle},
		{"start", startAbout, measureStart},
		{"streams", streamsAbout, measureStreams},
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == serveCommand {
		return serve(ctx, args[1:])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "fewer and shorter turns: a look, not a measurement")
	only := flags.String("rows", "", "rows to measure, separated by commas; all if empty: "+strings.Join(names(rows()), ", "))
	binary := flags.String("binary", "bin/innkeeper", "the gateway's binary, for the start row")
	profile := flags.String("cpuprofile", "", "file for a CPU profile of the sandboxed server, written during the request row")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(rows(), *only)
	if err != nil {
		return err
	}
	l, err := newLab(*quick, *binary, *profile)
	if err != nil {
		return err
	}
	defer l.close()
	started := time.Now()
	measured, err := l.measure(ctx, chosen)
	if err != nil {
		return err
	}
	fmt.Print(render(measured, machine(), time.Since(started)))
	return nil
}
