package supervisor

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Policy says how a slot retries.
type Policy struct {
	// Initial is the longest first delay; each further one doubles, up to Max.
	Initial, Max time.Duration
	// ResetAfter is how long a run must have been connected for the delays to start over.
	ResetAfter time.Duration
	// AttentionFailures in a row, or failures for AttentionAfter, mark the slot as needing attention.
	AttentionFailures int
	AttentionAfter    time.Duration
}

// retries counts the bad runs in a row and spaces the next ones.
type retries struct {
	policy   Policy
	delays   *backoff.ExponentialBackOff
	failures int
	first    time.Time
}

// The delay is random within the upper half of the doubling interval: even enough to promise something, spread enough that
// slots which failed together do not retry together. The library draws from the middle ± factor, hence the two constants.
const (
	jitterMiddle = 0.75
	jitterFactor = 1.0 / 3
)

func newRetries(policy Policy) *retries {
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval = time.Duration(float64(policy.Initial) * jitterMiddle)
	delays.MaxInterval = time.Duration(float64(policy.Max) * jitterMiddle)
	delays.Multiplier = 2
	delays.RandomizationFactor = jitterFactor
	delays.Reset()
	return &retries{policy: policy, delays: delays}
}

// failed notes a bad run and gives the delay before the next.
func (r *retries) failed(now time.Time) time.Duration {
	if r.failures == 0 {
		r.first = now
	}
	r.failures++
	return r.delays.NextBackOff()
}

func (r *retries) attention(now time.Time) bool {
	if r.failures == 0 {
		return false
	}
	return r.failures >= r.policy.AttentionFailures || now.Sub(r.first) >= r.policy.AttentionAfter
}

func (r *retries) reset() {
	r.failures = 0
	r.delays.Reset()
}
