package main

import (
	"fmt"
	"strings"
	"testing"
)

const plainAnswer = `{"object":"chat.completion","choices":[{"message":{"content":"` + said + `"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}`

func streamOf(pieces ...string) string {
	var b strings.Builder
	for _, piece := range pieces {
		fmt.Fprintf(&b, "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n\n", piece)
	}
	return b.String()
}

const (
	streamStop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	streamDone = "data: [DONE]\n\n"
)

func TestWholeAnswersPass(t *testing.T) {
	if err := checkPlain(200, []byte(plainAnswer)); err != nil {
		t.Error(err)
	}
	half := len(said) / 2
	stream := ": keep-alive\n\n" + streamOf(said[:half], said[half:]) + streamStop + streamDone
	if err := checkStream(200, []byte(stream)); err != nil {
		t.Error(err)
	}
}

func TestAnswersThatSkipTheWorkFail(t *testing.T) {
	for name, err := range map[string]error{
		"plain: status":     checkPlain(503, []byte(plainAnswer)),
		"plain: one word":   checkPlain(200, []byte(strings.Replace(plainAnswer, "brown ", "", 1))),
		"plain: no reason":  checkPlain(200, []byte(strings.Replace(plainAnswer, "stop", "length", 1))),
		"stream: status":    checkStream(429, []byte(streamOf(said)+streamStop+streamDone)),
		"stream: one word":  checkStream(200, []byte(streamOf(said[:4])+streamStop+streamDone)),
		"stream: no end":    checkStream(200, []byte(streamOf(said)+streamStop)),
		"stream: no reason": checkStream(200, []byte(streamOf(said)+streamDone)),
		"stream: after end": checkStream(200, []byte(streamOf(said)+streamStop+streamDone+streamStop)),
		"stream: not SSE":   checkStream(200, []byte("{}\n\n"+streamOf(said)+streamStop+streamDone)),
	} {
		if err == nil {
			t.Errorf("%s: passed", name)
		}
	}
}
