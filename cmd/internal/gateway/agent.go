package gateway

import (
	"context"
	"sync"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo"
	"innkeeper/runtime/agent/openaiagent"
	"innkeeper/runtime/config"
)

// newAgent makes the agent that the configuration names.
func (h *house) newAgent(conf config.Agent) (agent.Agent, error) {
	if conf.Kind == config.AgentEcho {
		return echo.New(echo.Config{Delay: conf.Delay}), nil
	}
	upstream := openaiagent.Config{BaseURL: conf.BaseURL, APIKey: conf.APIKey.Reveal(), Model: conf.Model, Timeout: conf.Timeout, Dial: h.dial}
	if conf.Model != "" {
		// Clients ask for the name that the adapter advertises, which the upstream does not know.
		upstream.ModelMap = map[string]string{openaiagent.AnyModel: conf.Model}
	}
	return openaiagent.New(upstream)
}

// currentAgent gives every new turn to the agent that is configured now. One that was replaced is closed when its last turn
// has ended, so that a change of the agent costs no turn and needs no new instance.
type currentAgent struct {
	failed func(error) // told what a replaced agent said when it was closed

	mu  sync.Mutex
	now *usedAgent
}

// usedAgent is an agent and how many turns it has.
type usedAgent struct {
	agent.Agent
	turns    int
	replaced bool
}

var _ agent.Agent = (*currentAgent)(nil)

func newCurrentAgent(first agent.Agent, failed func(error)) *currentAgent {
	return &currentAgent{failed: failed, now: &usedAgent{Agent: first}}
}

// Models implements agent.Agent.
func (c *currentAgent) Models(ctx context.Context) []agent.Model {
	used := c.take()
	defer c.give(used)
	return used.Models(ctx)
}

// Run implements agent.Agent.
func (c *currentAgent) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	used := c.take()
	defer c.give(used)
	return used.Run(ctx, turn, emit)
}

// Close implements agent.Agent.
func (c *currentAgent) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.Close()
}

// replace makes another agent the current one.
func (c *currentAgent) replace(next agent.Agent) {
	c.mu.Lock()
	before := c.now
	before.turns++ // held until the lock is free: closing may take its time
	before.replaced = true
	c.now = &usedAgent{Agent: next}
	c.mu.Unlock()
	c.give(before)
}

func (c *currentAgent) take() *usedAgent {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now.turns++
	return c.now
}

// give ends a use, and with the last one a replaced agent.
func (c *currentAgent) give(used *usedAgent) {
	c.mu.Lock()
	used.turns--
	over := used.replaced && used.turns == 0
	c.mu.Unlock()
	if !over {
		return
	}
	if err := used.Close(); err != nil {
		c.failed(err)
	}
}
