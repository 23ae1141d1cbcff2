package agentfn

import (
	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/safetext"
)

// lastPayload returns the content of an event that ends a turn.
func lastPayload(e agent.Event) []byte {
	if e.Kind == agent.KindDone {
		return donePayload(e.Done)
	}
	return failedPayload(e.Failed)
}

func donePayload(d *agent.Done) []byte {
	done := abi.AgentDone{
		FinishReason: word(d.FinishReason), Model: word(d.Model), ID: word(d.ID),
		SystemFingerprint: word(d.SystemFingerprint), ServiceTier: word(d.ServiceTier),
	}
	if u := d.Usage; u != nil {
		done.Usage = &abi.AgentUsage{
			PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens, TotalTokens: u.TotalTokens,
			CachedTokens: u.CachedTokens, ReasoningTokens: u.ReasoningTokens,
		}
	}
	return done.Append(nil)
}

// failedPayload leaves the cause out: it is for the operator's log only.
func failedPayload(f *agent.Failed) []byte {
	failed := abi.AgentFailed{
		Status: uint32(f.Status), Type: word(f.Type), Code: word(f.Code), Message: safetext.Line(f.Message, MessageBytes), Param: word(f.Param),
		RetryAfterMS: uint64(max(f.RetryAfter.Milliseconds(), 0)),
	}
	return failed.Append(nil)
}

// word makes a word of whoever stands behind the agent short and fit to be shown.
func word(s string) string { return safetext.Line(s, WordBytes) }

// modelsAnswer returns the answer to agent.models.
func modelsAnswer(models []agent.Model) []byte {
	var answer abi.AgentModels
	for _, m := range models {
		answer.Models = append(answer.Models, abi.AgentModel{ID: m.ID, OwnedBy: m.OwnedBy})
	}
	return answer.Append(nil)
}
