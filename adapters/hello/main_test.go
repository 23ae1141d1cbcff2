package main

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

func start(t *testing.T) *sdktest.Run {
	t.Helper()
	host := sdktest.New()
	host.SetSettings(`{"greeting":"Hello"}`)
	host.SetRoutes("hello", "ask")
	return sdktest.Start(t, host, setup)
}

func TestHello(t *testing.T) {
	run := start(t)
	for query, want := range map[string]string{"": "Hello, world!\n", "name=J%C3%BCrgen": "Hello, Jürgen!\n"} {
		if got := run.Ask(sdktest.Request{Route: "hello", Query: query}); got.Status != 200 || got.Body != want {
			t.Errorf("query %q: %+v", query, got)
		}
	}
}

func TestAskStreamsTheAnswer(t *testing.T) {
	run := start(t)
	run.OnTurn(func(turn *sdktest.Turn) {
		if want := `{"messages":[{"role":"user","content":"what \"is\" this"}]}`; turn.Request() != want {
			t.Errorf("request %s", turn.Request())
		}
		turn.Text("an ")
		turn.Text("answer")
		turn.Finish()
	})
	got := run.Ask(sdktest.Request{Route: "ask", Method: "POST", Body: `what "is" this`})
	if got.Status != 200 || got.Body != "an answer" || got.Aborted {
		t.Errorf("response %+v", got)
	}
}

func TestAskWithoutAQuestionOrAnAnswer(t *testing.T) {
	run := start(t)
	if got := run.Ask(sdktest.Request{Route: "ask"}); got.Status != 400 {
		t.Errorf("no question: %+v", got)
	}
	run.OnTurn(func(turn *sdktest.Turn) { turn.Fail(429, "slow_down", "too many questions") })
	if got := run.Ask(sdktest.Request{Route: "ask", Body: "q"}); got.Status != 429 || got.Body != "agent: 429 slow_down: too many questions\n" {
		t.Errorf("the agent failed: %+v", got)
	}
	run.OnTurn(func(turn *sdktest.Turn) {
		turn.Text("half an ")
		turn.Fail(500, "broken", "broken")
	})
	if got := run.Ask(sdktest.Request{Route: "ask", Body: "q"}); !got.Aborted {
		t.Errorf("the agent failed in the middle: %+v", got)
	}
	run.RefuseTurns(abi.EMFILE)
	if got := run.Ask(sdktest.Request{Route: "ask", Body: "q"}); got.Status != 503 {
		t.Errorf("the agent is full: %+v", got)
	}
}

func TestLeavingCancelsTheTurn(t *testing.T) {
	run := start(t)
	turns := make(chan *sdktest.Turn, 1)
	run.OnTurn(func(turn *sdktest.Turn) { turns <- turn })
	x := run.Request(sdktest.Request{Route: "ask", Body: "q"})
	turn := <-turns
	x.Leave()
	<-turn.Cancelled()
	if got := x.Wait(); got.Status != 0 {
		t.Errorf("response %+v", got)
	}
}

func TestMissingSettingIsPermanent(t *testing.T) {
	run := sdktest.Start(t, sdktest.New(), setup)
	if code := run.Wait(); code != 78 {
		t.Errorf("exit code %d", code)
	}
}

// In the sandbox the settings are those of the manifest, and the echo agent answers.
func TestInTheSandbox(t *testing.T) {
	run := sdktest.Start(t, sdktest.Sandbox(t), setup)
	if got := run.Ask(sdktest.Request{Route: "hello"}); got.Body != "Hello, world!\n" {
		t.Errorf("%+v", got)
	}
	if got := run.Ask(sdktest.Request{Route: "ask", Method: "POST", Body: "echo"}); got.Status != 200 || got.Body != "echo" {
		t.Errorf("%+v", got)
	}
}
