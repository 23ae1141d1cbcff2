package agent

import "encoding/json"

// Why an answer ended, as in the chat-completions API. An upstream may give others.
const (
	FinishStop          = "stop"           // the answer came to its end or to a stop sequence
	FinishLength        = "length"         // the token limit cut it
	FinishToolCalls     = "tool_calls"     // the agent waits for the results of its calls
	FinishContentFilter = "content_filter" // a filter took it away
)

// Done tells how a complete turn went.
type Done struct {
	FinishReason      string
	Model             string // the model that answered, as the back end names it
	Usage             *Usage // nil when the back end did not count
	ID                string // the back end's id of the answer, or empty
	SystemFingerprint string // or empty
	ServiceTier       string // or empty
}

// Usage counts the tokens of a turn.
type Usage struct {
	PromptTokens     int64
	CompletionTokens int64
	TotalTokens      int64
	CachedTokens     int64 // part of PromptTokens
	ReasoningTokens  int64 // part of CompletionTokens
}

// MarshalJSON writes the names of the chat-completions API. usage is null when nobody counted; id,
// system_fingerprint and service_tier are left out when empty, since clients do not accept null there.
func (d *Done) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		FinishReason      string `json:"finish_reason"`
		Model             string `json:"model"`
		Usage             *Usage `json:"usage"`
		ID                string `json:"id,omitempty"`
		SystemFingerprint string `json:"system_fingerprint,omitempty"`
		ServiceTier       string `json:"service_tier,omitempty"`
	}{d.FinishReason, d.Model, d.Usage, d.ID, d.SystemFingerprint, d.ServiceTier})
}

// MarshalJSON writes the usage object of the chat-completions API.
//
// https://platform.openai.com/docs/api-reference/chat/object
func (u *Usage) MarshalJSON() ([]byte, error) {
	type cached struct {
		Tokens int64 `json:"cached_tokens"`
	}
	type reasoning struct {
		Tokens int64 `json:"reasoning_tokens"`
	}
	return json.Marshal(struct {
		Prompt            int64     `json:"prompt_tokens"`
		Completion        int64     `json:"completion_tokens"`
		Total             int64     `json:"total_tokens"`
		PromptDetails     cached    `json:"prompt_tokens_details"`
		CompletionDetails reasoning `json:"completion_tokens_details"`
	}{u.PromptTokens, u.CompletionTokens, u.TotalTokens, cached{u.CachedTokens}, reasoning{u.ReasoningTokens}})
}
