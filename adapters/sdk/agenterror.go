package sdk

import (
	"strconv"
	"time"
)

// AgentError is a turn that failed. Its fields, but for RetryAfter, are those of the error object of the OpenAI API.
type AgentError struct {
	// Status is the HTTP status to answer with.
	Status int
	// Type is the class of the error, such as "rate_limit_error".
	Type string
	// Code is a stable word for programs; empty for null.
	Code string
	// Message is a sentence that may be shown to the caller.
	Message string
	// Param is the field of the request that is at fault; empty for null.
	Param string
	// RetryAfter is when to come back; 0 if unknown.
	RetryAfter time.Duration
}

// Error is the status, the code and the message.
func (e *AgentError) Error() string {
	return "agent: " + strconv.Itoa(e.Status) + " " + e.Code + ": " + e.Message
}

// readAgentError reads the payload of EventAgentFailed.
func readAgentError(payload []byte) *AgentError {
	e := &AgentError{}
	if !readJSONFields(payload, e.set) || e.Status == 0 {
		return &AgentError{Status: 502, Type: "upstream_error", Message: "the agent failed without a readable reason"}
	}
	return e
}

// set takes one field of the payload.
func (e *AgentError) set(name string, value jsonValue) {
	switch name {
	case "status":
		e.Status = value.int()
	case "type":
		e.Type = value.text
	case "code":
		e.Code = value.text
	case "message":
		e.Message = value.text
	case "param":
		e.Param = value.text
	case "retry_after_ms":
		e.RetryAfter = time.Duration(value.int()) * time.Millisecond
	}
}
