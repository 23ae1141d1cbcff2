package main

import (
	"bytes"
	"fmt"
	"net/http"
)

// said is what the benchmark's user says, and what the echo agent answers with: sixteen words.
const said = "The quick brown fox jumps over the lazy dog and then runs back to sleep again"

// chatBody is a chat completions request of 200 bytes, streamed or not.
func chatBody(stream bool) string {
	return fmt.Sprintf(`{"model":"echo","messages":[{"role":"system","content":"You are a helpful assistant."},`+
		`{"role":"user","content":"%s"}],"stream":%t}`, said, stream)
}

// post is a request with a JSON body, ready to be sent.
func post(path, key, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, key, len(body), body)
}

// get is a request without a body.
func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
}

const chatPath = "/v1/chat/completions"

func plainChat(key string) call {
	return call{post(chatPath, key, chatBody(false)), checkPlain}
}

func streamedChat(key string) call {
	return call{post(chatPath, key, chatBody(true)), checkStream}
}

// checkPlain wants a completion with all that was said.
func checkPlain(status int, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %s", status, body)
	}
	for _, part := range []string{`"object":"chat.completion"`, `"content":"` + said + `"`, `"finish_reason":"stop"`, `"total_tokens":`} {
		if !bytes.Contains(body, []byte(part)) {
			return fmt.Errorf("answer without %s: %s", part, body)
		}
	}
	return nil
}

// checkStream wants a stream whose pieces are all that was said, with a reason and an end.
func checkStream(status int, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %s", status, body)
	}
	var text [2 * len(said)]byte
	heard, finished, ended := text[:0], false, false
	for frame := range bytes.SplitSeq(body, []byte("\n\n")) {
		switch {
		case len(frame) == 0 || frame[0] == ':': // the end of the body, or a comment
		case ended || !bytes.HasPrefix(frame, []byte("data: ")):
			return fmt.Errorf("unexpected frame %q", frame)
		case string(frame) == "data: [DONE]":
			ended = true
		default:
			heard = appendPiece(heard, frame)
			finished = finished || bytes.Contains(frame, []byte(`"finish_reason":"stop"`))
		}
	}
	if string(heard) != said || !finished || !ended {
		return fmt.Errorf("stream that says %q (finished %t, ended %t): %s", heard, finished, ended, body)
	}
	return nil
}

// appendPiece appends the content of a chunk. What is said has no character that JSON escapes.
func appendPiece(heard, frame []byte) []byte {
	_, rest, ok := bytes.Cut(frame, []byte(`"content":"`))
	if !ok {
		return heard
	}
	piece, _, _ := bytes.Cut(rest, []byte(`"`))
	return append(heard, piece...)
}
