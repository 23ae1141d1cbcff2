// Command hello is the smallest useful adapter, to learn from and to test with: GET /hello greets, POST /ask hands the body to
// the agent and streams its answer as plain text. It knows the SDK and nothing else.
package main

import "innkeeper/adapters/sdk"

const plainText = "content-type: text/plain; charset=utf-8\n"

func main() { sdk.Main(setup) }

func setup(l *sdk.Loop) error {
	greeting, ok := l.Setting("greeting")
	if !ok {
		return sdk.Permanent("settings", "there is no setting named greeting")
	}
	l.HandleRoute("hello", func(x *sdk.Exchange) { hello(x, greeting) })
	l.HandleRoute("ask", func(x *sdk.Exchange) { ask(l, x) })
	return nil
}

func hello(x *sdk.Exchange, greeting string) {
	name, ok := x.QueryValue("name")
	if !ok {
		name = "world"
	}
	x.RespondText(200, greeting+", "+name+"!\n")
}

// ask starts a turn with the body as the user's message.
func ask(l *sdk.Loop, x *sdk.Exchange) {
	question, err := x.Body()
	if err != nil || len(question) == 0 {
		x.RespondText(400, "send the question as the body\n")
		return
	}
	request := sdk.AppendJSONString([]byte(`{"messages":[{"role":"user","content":`), string(question))
	a := &answer{exchange: x}
	a.turn, err = l.StartTurn(append(request, `}]}`...), a)
	if err != nil {
		x.RespondText(503, "the agent takes no more questions now\n")
		return
	}
	x.OnGone(a.cut)
}

// answer streams one turn to its exchange.
type answer struct {
	sdk.IgnoreTurn
	exchange *sdk.Exchange
	turn     *sdk.Turn
	begun    bool
}

// Text passes a piece on.
func (a *answer) Text(text []byte) {
	a.begin()
	if a.exchange.Send(text) != nil {
		a.cut()
	}
}

// Done ends the answer.
func (a *answer) Done(*sdk.AgentDone) {
	a.begin()
	a.exchange.End()
}

// Failed says why there is no answer, or cuts one that was begun.
func (a *answer) Failed(err *sdk.AgentError) {
	if a.begun {
		a.cut()
		return
	}
	a.exchange.RespondText(err.Status, err.Message+"\n")
}

func (a *answer) begin() {
	if !a.begun {
		a.begun = true
		a.exchange.Begin(200, sdk.Header(plainText))
	}
}

// cut gives up on a client that left or cannot be served.
func (a *answer) cut() {
	a.turn.Cancel()
	a.exchange.Abort()
}
