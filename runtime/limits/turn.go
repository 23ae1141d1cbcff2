package limits

import "time"

// Defaults of the agent that answers, settable in [agent].
const (
	// AgentTimeout bounds one whole turn. Reasoning models think for minutes before the first token.
	AgentTimeout = 10 * time.Minute

	// AgentTimeoutMax is the longest turn an operator may allow.
	AgentTimeoutMax = 24 * time.Hour

	// AgentDelay is the pause between two words of the echo agent: none, so that tests and benchmarks measure the host.
	AgentDelay = 0 * time.Second

	// AgentDelayMax is the longest pause an operator may set.
	AgentDelayMax = time.Minute
)
