package agent

// Why an answer ended, as in the chat-completions API. An upstream may give others.
const (
	FinishStop          = "stop"           // the answer came to its end or to a stop sequence
	FinishLength        = "length"         // the token limit cut it
	FinishToolCalls     = "tool_calls"     // the agent waits for the results of its calls
	FinishContentFilter = "content_filter" // a filter took it away
)

// Done says how a complete turn went.
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
