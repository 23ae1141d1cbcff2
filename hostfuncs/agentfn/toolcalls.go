package agentfn

import (
	"fmt"
	"net/http"

	"innkeeper/runtime/agent"
)

// toolCalls keeps a turn's function calls within what a guest can be expected to hold: whoever stands behind the agent may send
// names, numbers and arguments of any size.
type toolCalls struct {
	arguments int // bytes so far, of all calls
}

// add counts a piece of a call, and returns the failure that it makes of the turn if it is out of bounds. What is too long is
// not cut: an id has to come back as it was, and a name that was cut is another function's.
func (c *toolCalls) add(piece agent.ToolCallDelta) *agent.Failed {
	c.arguments += len(piece.Arguments)
	switch {
	case piece.Index < 0 || piece.Index >= ToolCalls:
		return unfit("more than %d function calls", ToolCalls)
	case len(piece.ID) > ToolIDBytes:
		return unfit("a function call whose id is longer than %d bytes", ToolIDBytes)
	case len(piece.Name) > ToolNameBytes:
		return unfit("a function call whose name is longer than %d bytes", ToolNameBytes)
	case c.arguments > ToolArgumentsBytes:
		return unfit("function calls with arguments of more than %d bytes", ToolArgumentsBytes)
	}
	return nil
}

func unfit(format string, bound int) *agent.Failed {
	return &agent.Failed{
		Status: http.StatusBadGateway, Type: agent.TypeUpstream, Code: "agent_malformed",
		Message: "the agent answered with " + fmt.Sprintf(format, bound),
	}
}
