// Command hello is the smallest useful adapter, to learn from and to test with: GET /hello greets, POST /ask hands the body to
// the agent and streams its answer. The names of routes and settings are those of manifest.toml.
package main

import (
	"context"

	"innkeeper/adapters/lib/settings"
	"innkeeper/adapters/sdk"
)

func main() { sdk.Main(setup) }

// setup runs once; when it has returned, the adapter is ready.
func setup(l *sdk.Loop) error {
	greeting, err := settings.Text(l, "greeting")
	if err != nil {
		return err
	}
	l.HandleRoute("hello", func(x *sdk.Exchange) { hello(x, greeting) })
	l.HandleRoute("ask", l.Concurrent(ask))
	return nil
}

// hello is a callback: it answers at once, or starts what will.
func hello(x *sdk.Exchange, greeting string) {
	name, ok := x.QueryValue("name")
	if !ok {
		name = "world"
	}
	x.RespondText(200, greeting+", "+name+"!\n")
}

// ask has a goroutine of its own, and may wait.
func ask(_ context.Context, c *sdk.Call) {
	question, err := c.Body()
	if err != nil || len(question) == 0 {
		c.RespondText(400, "send the question as the body\n")
		return
	}
	for event, err := range c.Ask(sdk.UserMessage(string(question))) {
		if err != nil {
			c.RespondText(sdk.AgentStatus(err), err.Error()+"\n") // this cuts an answer that was begun
			return
		}
		c.Write(event.Text)
	}
}
