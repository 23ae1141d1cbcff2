package api_test

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/runtime/costtest"
)

// What a client sends is bounded by what it explains here, since the host does not look into what only a guest reads. Four copies
// are the test's own.
func TestCostOfBodies(t *testing.T) {
	const input = `{"model":"echo","store":false,"input":"x"`
	for name, c := range map[string]struct{ path, before, after string }{
		"chat, unknown":    {"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"x":`, "}"},
		"chat, messages":   {"/v1/chat/completions", `{"messages":`, "}"},
		"responses, input": {"/v1/responses", `{"model":"echo","input":`, "}"},
		"responses, tools": {"/v1/responses", input + `,"tools":`, "}"},
		"runs":             {"/v1/runs", `{"input":`, "}"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, t.TempDir(), `{}`)
			s.host.OnTurn(func(turn *sdktest.Turn) { turn.Done(abi.AgentDone{FinishReason: "stop", Model: "echo"}) })
			for _, shape := range append(costtest.JSON(), costtest.Broken()...) {
				t.Run(shape.Name, func(t *testing.T) {
					costtest.Linear(t, costtest.Bound{Fixed: 1 << 20, PerByte: 20}, costtest.Within(c.before, shape, c.after), func(body []byte) {
						s.send("POST", c.path, string(body)).Wait()
					})
				})
			}
		})
	}
}
