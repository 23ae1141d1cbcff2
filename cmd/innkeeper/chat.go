package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"innkeeper/runtime/agent/sse"
	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// chatClient asks one question. https://platform.openai.com/docs/api-reference/chat
type chatClient struct {
	address   string // HOST:PORT, and perhaps a mount
	keyHeader string // that carries the key; none is sent if empty
	key       string
	out       io.Writer
}

type (
	chatRequest struct {
		Model    string        `json:"model,omitempty"`
		Stream   bool          `json:"stream"`
		Messages []chatMessage `json:"messages"`
	}
	chatMessage struct {
		Role    string `json:"role,omitempty"`
		Content string `json:"content"`
		Refusal string `json:"refusal,omitempty"`
	}
	// chatAnswer is a completion, and one chunk of a stream.
	chatAnswer struct {
		Choices []struct {
			Message      chatMessage `json:"message"`
			Delta        chatMessage `json:"delta"`
			FinishReason string      `json:"finish_reason"`
		} `json:"choices"`
		Error *chatProblem `json:"error"`
	}
	chatProblem struct {
		Message string `json:"message"`
		Code    string `json:"code"`
	}
)

// chatError is an answer that is none.
type chatError struct {
	status     int // of HTTP; 0 for an error within a stream
	code       string
	message    string
	retryAfter string // in seconds, as sent; may be empty
}

func (e *chatError) Error() string {
	if e.status == 0 {
		return "the answer broke off: " + e.message
	}
	return fmt.Sprintf("%s (%d %s)", e.message, e.status, http.StatusText(e.status))
}

const (
	connectTimeout = 5 * time.Second
	maxErrorBytes  = 64 << 10
)

// answerBounds bound a whole answer, and each event of a streamed one: any server may be behind the address.
func answerBounds() jsonbound.Bounds {
	return jsonbound.Bounds{Bytes: limits.AnswerBytes, Depth: limits.JSONDepth, Values: limits.AnswerValues}
}

func (c *chatClient) ask(ctx context.Context, q question) error {
	response, err := c.post(ctx, chatRequest{q.model, !q.whole, []chatMessage{{Role: "user", Content: q.prompt}}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	printer := &lastNewline{w: c.out}
	defer printer.end()
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/event-stream") {
		return readStream(response.Body, printer)
	}
	return readWhole(response.Body, printer)
}

func (c *chatClient) post(ctx context.Context, body chatRequest) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+chatPath, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	switch c.keyHeader {
	case "":
	case manifest.BearerHeader:
		request.Header.Set(c.keyHeader, "Bearer "+c.key)
	default:
		request.Header.Set(c.keyHeader, c.key)
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	// No proxy: the address is of this machine, and the key must not travel.
	client := http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.Do(request)
}

// refusal reads an error answer.
func refusal(response *http.Response) error {
	e := &chatError{status: response.StatusCode, message: "refused", retryAfter: response.Header.Get("Retry-After")}
	var answer chatAnswer
	text, err := jsonbound.Read(io.LimitReader(response.Body, maxErrorBytes), answerBounds())
	if err == nil && json.Unmarshal(text, &answer) == nil && answer.Error != nil {
		e.message, e.code = oneLine(answer.Error.Message), answer.Error.Code
	}
	return e
}

// errCut means that a stream ended without its end.
var errCut = &chatError{message: "the connection was closed before the end"}

// readStream prints the pieces of a streamed answer as they come.
func readStream(body io.Reader, out io.Writer) error {
	events := sse.NewReader(body, sse.Bounds{Event: limits.AnswerBytes, Stream: limits.AnswerStreamBytes})
	finished := false
	for events.Next() {
		data := bytes.TrimSpace(events.Data())
		if string(data) == "[DONE]" {
			return nil
		}
		if len(data) == 0 {
			continue
		}
		done, err := printChunk(data, out)
		if err != nil {
			return err
		}
		finished = finished || done
	}
	if err := events.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("stream: %w", err)
	}
	if !finished {
		return errCut
	}
	return nil
}

// printChunk prints one chunk and reports whether it is the one that finishes the answer.
func printChunk(data []byte, out io.Writer) (finished bool, err error) {
	var chunk chatAnswer
	err = jsonbound.Check(data, answerBounds())
	if err == nil {
		err = json.Unmarshal(data, &chunk)
	}
	if err != nil {
		return false, fmt.Errorf("stream: %w", err)
	}
	if chunk.Error != nil {
		return false, &chatError{code: chunk.Error.Code, message: oneLine(chunk.Error.Message)}
	}
	for _, choice := range chunk.Choices {
		if _, err := io.WriteString(out, choice.Delta.Content+choice.Delta.Refusal); err != nil {
			return false, err
		}
		finished = finished || choice.FinishReason != ""
	}
	return finished, nil
}

func readWhole(body io.Reader, out io.Writer) error {
	var answer chatAnswer
	text, err := jsonbound.Read(body, answerBounds())
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if len(answer.Choices) == 0 {
		return errors.New("answer: it has no choices")
	}
	message := answer.Choices[0].Message
	_, err = io.WriteString(out, message.Content+message.Refusal)
	return err
}
