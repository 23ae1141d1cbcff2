package agentfn_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent/echo"
	"innkeeper/runtime/costtest"
)

// places are where in a turn something of any size may stand.
func places() map[string][2]string {
	const user = `{"messages":[{"role":"user","content":"x"}]`
	return map[string][2]string{
		"whole":      {"", ""},
		"unknown":    {user + `,"x":`, "}"},
		"messages":   {`{"messages":`, "}"},
		"content":    {`{"stream":true,"messages":[{"role":"user","content":`, "}]}"},
		"parts":      {`{"messages":[{"role":"user","content":[{"type":"text","text":`, "}]}]}"},
		"calls":      {`{"messages":[{"role":"assistant","tool_calls":`, `},{"role":"tool","tool_call_id":"a","content":"x"}]}`},
		"tools":      {user + `,"tools":`, "}"},
		"choice":     {user + `,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":`, "}}}"},
		"parameters": {user + `,"tools":[{"type":"function","function":{"name":"f","parameters":`, "}}]}"},
		"schema":     {user + `,"response_format":{"type":"json_schema","json_schema":{"schema":`, "}}}"},
		"stop":       {user + `,"stop":`, "}"},
		"model":      {user + `,"model":`, "}"},
	}
}

// many repeats pieces of a text up to a size.
func many(before, piece, after string) func(size int) []byte {
	return func(size int) []byte {
		return []byte(before + strings.TrimSuffix(strings.Repeat(piece, size/len(piece)+1), ",") + after)
	}
}

// What is found of a turn is what it may cost: the copy, twenty bytes for each value of two, and what is said.
func TestCostOfTurns(t *testing.T) {
	inputs := map[string]func(size int) []byte{
		"many messages":     many(`{"messages":[`, `{"role":"user","content":"a b"},`, "]}"),
		"many parts":        many(`{"messages":[{"role":"user","content":[`, `{"type":"text","text":"a"},`, "]}]}"),
		"many other parts":  many(`{"messages":[{"role":"user","content":[`, `{"type":"x"},`, "]}]}"),
		"many results":      many(`{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}}]},`, `{"role":"tool","tool_call_id":"a","content":"x"},`, "]}"),
		"many tools":        many(`{"messages":[{"role":"user","content":"x"}],"tools":[`, `{"type":"function","function":{"name":"f","parameters":null}},`, "]}"),
		"a name said again": nameSaidAgain,
		"many properties":   many(`{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{`, `"a":{},`, "}}}}]}"),
	}
	for place, text := range places() {
		for _, shape := range append(costtest.JSON(), costtest.Broken()...) {
			inputs[place+"/"+shape.Name] = costtest.Within(text[0], shape, text[1])
		}
	}
	for name, input := range inputs {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, echo.New(echo.Config{}))
			defer h.close()
			costtest.Linear(t, costtest.Bound{Fixed: 1 << 20, PerByte: 16}, input, func(request []byte) {
				switch r := h.agent.Start(request); {
				case r > 0:
					for h.ledger.Open() > 0 {
						h.events.Wait(-1)
						for h.events.Recv(h.buffer) > 0 {
							continue
						}
					}
				case r != abi.E2BIG.Result():
					t.Fatalf("start: %v", abi.FromResult(r))
				}
			})
		})
	}
}

// nameSaidAgain has a function with half of the size as its name, and as many results of it.
func nameSaidAgain(size int) []byte {
	name := strings.Repeat("f", size/2)
	return many(`{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"`+name+`"}}]},`,
		`{"role":"tool","tool_call_id":"a","content":"x"},`, "]}")(size / 2)
}
