package runs

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Status is how far a run has come.
type Status string

// The states of a run. All but the first are final.
const (
	InProgress  Status = "in_progress"
	Completed   Status = "completed"
	Incomplete  Status = "incomplete"  // the agent stopped at a limit
	Failed      Status = "failed"      // the agent failed
	Stopped     Status = "stopped"     // a client stopped it
	Interrupted Status = "interrupted" // the server ended first
)

// Run is a run as its object shows it.
type Run struct {
	ID           string
	Status       Status
	Created      int64 // Unix seconds
	Ended        int64 // the same, 0 while in progress
	Model        string
	Previous     string // the response that it continues
	Conversation string
	Response     string // its own response, once that can be asked for
	Metadata     []byte // the JSON object, nil for none

	Answer  chat.Answer // what the agent has said
	Usage   openai.Usage
	Reason  string // why it is incomplete
	Failure *openai.Error
}

// AppendJSON appends the run object. The id is there twice because clients of older servers look for run_id.
func (r *Run) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, r.ID...)
	dst = append(dst, `","run_id":"`...)
	dst = append(dst, r.ID...)
	dst = append(dst, `","object":"run","status":"`...)
	dst = append(dst, r.Status...)
	dst = append(dst, `","created_at":`...)
	dst = openai.AppendInt(dst, r.Created)
	dst = append(dst, `,"ended_at":`...)
	dst = openai.AppendIntOrNull(dst, r.Ended)
	dst = append(dst, `,"model":`...)
	dst = jsontext.AppendString(dst, r.Model)
	dst = append(dst, `,"previous_response_id":`...)
	dst = jsontext.AppendStringOrNull(dst, r.Previous)
	dst = append(dst, `,"session_id":`...)
	dst = jsontext.AppendStringOrNull(dst, r.Conversation)
	dst = append(dst, `,"metadata":`...)
	dst = appendOr(dst, r.Metadata, "{}")
	dst = append(dst, `,"response_id":`...)
	dst = jsontext.AppendStringOrNull(dst, r.Response)
	dst = r.appendOutput(dst)
	dst = append(dst, `,"usage":`...)
	dst = r.appendUsage(dst)
	dst = append(dst, `,"incomplete_details":`...)
	dst = r.appendReason(dst)
	dst = append(dst, `,"error":`...)
	return append(appendError(dst, r.Failure), '}')
}

func appendOr(dst, raw []byte, otherwise string) []byte {
	if raw == nil {
		return append(dst, otherwise...)
	}
	return append(dst, raw...)
}

func (r *Run) appendOutput(dst []byte) []byte {
	dst = append(dst, `,"output":`...)
	if len(r.Answer.Text) == 0 && r.Status != Completed {
		dst = append(dst, "null"...)
	} else {
		dst = jsontext.AppendString(dst, r.Answer.Text)
	}
	dst = append(dst, `,"tool_calls":[`...)
	for i := range r.Answer.Calls {
		if i > 0 {
			dst = append(dst, ',')
		}
		call := &r.Answer.Calls[i]
		dst = chat.AppendToolCall(dst, call.ID, call.Name, call.Arguments)
	}
	return append(dst, ']')
}

func (r *Run) appendUsage(dst []byte) []byte {
	dst = append(dst, `{"input_tokens":`...)
	dst = openai.AppendInt(dst, r.Usage.Input)
	dst = append(dst, `,"output_tokens":`...)
	dst = openai.AppendInt(dst, r.Usage.Output)
	dst = append(dst, `,"total_tokens":`...)
	dst = openai.AppendInt(dst, r.Usage.Total)
	return append(dst, '}')
}

func (r *Run) appendReason(dst []byte) []byte {
	if r.Reason == "" {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"reason":`...)
	dst = jsontext.AppendString(dst, r.Reason)
	return append(dst, '}')
}

func appendError(dst []byte, e *openai.Error) []byte {
	if e == nil {
		return append(dst, "null"...)
	}
	return openai.AppendErrorObject(dst, e)
}

// Interruption is the error of a run whose server ended first.
func Interruption() *openai.Error {
	return &openai.Error{
		Type: openai.TypeServer, Code: "run_interrupted",
		Message: "The server ended before the run did. Its events tell how far it came.",
	}
}

// AppendInterrupted appends the object of a run that an earlier instance left in progress, as it is now that this instance is over.
func AppendInterrupted(dst []byte, object jsontext.Value, now int64) []byte {
	dst = append(dst, '{')
	for m := object.Members(); m.Next(); {
		dst = append(dst, m.Key.Raw()...)
		dst = append(dst, ':')
		switch string(m.Name()) {
		case "status":
			dst = append(dst, `"interrupted"`...)
		case "ended_at":
			dst = openai.AppendInt(dst, now)
		case "error":
			dst = appendError(dst, Interruption())
		default:
			dst = append(dst, m.Value.Raw()...)
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '}' // in the place of the last comma: a run object has members
	return dst
}

// StatusOf reads the status of a run object.
func StatusOf(object jsontext.Value) Status { return Status(object.Get("status").Text()) }
