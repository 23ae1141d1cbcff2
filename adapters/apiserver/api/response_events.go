package api

import (
	"math"

	"innkeeper/adapters/sdk"
)

// makeEvents makes it a response whose events somebody reads.
func (p *response) makeEvents() {
	p.log.Start(0, &p.app.spare)
	p.log.OnLeave = p.unread
	p.events.Frame = p.log.Append
	p.answer.Events = &p.events
}

// Text implements sdk.TurnHandler.
func (p *response) Text(text []byte) { p.step(func() { p.answer.Text(text) }) }

// Reasoning implements sdk.TurnHandler.
func (p *response) Reasoning(text []byte) { p.step(func() { p.answer.Reasoning(text) }) }

// Refusal implements sdk.TurnHandler.
func (p *response) Refusal(text []byte) { p.step(func() { p.answer.Refusal(text) }) }

// ToolCall implements sdk.TurnHandler.
func (p *response) ToolCall(c sdk.ToolCall) {
	p.step(func() { p.answer.ToolCall(c.Index, c.ID, c.Name, c.Arguments, p.app.newCallID) })
}

// begin tells the readers of a silent agent's response that it is in progress.
func (p *response) begin() { p.step(p.answer.Begin) }

// step runs one callback: what it makes of events leaves together.
func (p *response) step(f func()) {
	p.makeOrCount()
	f()
	if p.log.Next() > 0 {
		p.told = true
	}
	p.skip()
	p.log.Send()
}

// makeOrCount lets the events of a response in the background be counted only while nobody reads along: they can be made
// again.
func (p *response) makeOrCount() {
	p.events.From = 0
	if p.background() && p.log.Readers() == 0 {
		p.events.From = math.MaxInt64
	}
}

// skip notes the number of events that were counted only.
func (p *response) skip() {
	if p.background() && p.log.Readers() == 0 {
		p.log.Skip(p.events.Next())
	}
}

// unread hears of a reader that has left. A response with an asker does not live without readers.
func (p *response) unread() {
	if p.asker != nil && p.log.Readers() == 0 {
		p.abandon()
	}
}
