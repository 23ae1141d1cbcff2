package limits

import "time"

// Budgets of one slot: how long the host waits for a guest before it acts. All of them can be set in
// [adapters.NAME.budgets], so that tests run in milliseconds.
const (
	// ConnectBudget is the time from instantiation to the guest's ready(). A Go guest reaches main in under 10 ms;
	// thirty seconds leave room for a slow disk and a remote platform's handshake.
	ConnectBudget = 30 * time.Second

	// StallBudget is the longest a guest may take over one event before it counts as hung. Well-behaved guests need
	// microseconds; five seconds is still below the patience of common HTTP clients and health checks.
	StallBudget = 5 * time.Second

	// DrainBudget is how long a guest may go on with open work after it was told to shut down. Together with
	// CloseBudget it stays under the 30 seconds that container runtimes grant between SIGTERM and SIGKILL.
	DrainBudget = 10 * time.Second

	// CloseBudget bounds the host's own closing of what the instance held, after the guest is gone.
	CloseBudget = 5 * time.Second

	// HandoverBudget is how long a predecessor may finish its answers beside its successor. New work goes to that one
	// meanwhile, so nobody waits; five minutes outlast nearly every answer of an agent.
	HandoverBudget = 5 * time.Minute

	// HoldBudget is how long a request waits while an instance ends and the next one starts, before it is told to come back:
	// draining, starting and the compilation of a module that is not in the cache together. It is below the minute after which
	// common clients give up.
	HoldBudget = 30 * time.Second
)

// CrashHold is how long a request waits at most after a failure. It covers the teardown and the first wait of a healthy adapter
// that met bad luck; whoever fails again is not worth waiting for.
const CrashHold = 2 * time.Second

// Backoff between failed runs of one slot, settable in [adapters.NAME.backoff].
const (
	// BackoffInitial is the wait after the first failure: long enough not to spin, short enough not to be noticed.
	BackoffInitial = 1 * time.Second

	// BackoffMax caps the wait. Retries go on for ever, so the cap decides how late a recovery is seen.
	BackoffMax = 5 * time.Minute

	// BackoffResetAfter is how long a run must stay connected before earlier failures are forgotten. It equals the
	// cap: a guest that fails more often than that keeps its place in the sequence.
	BackoffResetAfter = BackoffMax

	// AttentionAfter is the length of one unbroken series of failures after which a slot is reported as needing a
	// person.
	AttentionAfter = 2 * time.Hour

	// AttentionFailures is the number of failures in a row after which a slot is reported as needing a person. Ten
	// failures are about seventeen minutes of the default sequence.
	AttentionFailures = 10
)

// Bounds of every duration of a slot's budgets and backoff.
const (
	// SlotDurationMin is the shortest: a millisecond is what tests use.
	SlotDurationMin = time.Millisecond

	// SlotDurationMax is the longest: a day is longer than any sensible wait and keeps sums far from overflow.
	SlotDurationMax = 24 * time.Hour
)
