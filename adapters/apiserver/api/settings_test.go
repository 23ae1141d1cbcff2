package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// unnamed is the front of a request that names no model.
const unnamed = `{"messages":[{"role":"user","content":"hi"}]`

func TestSettingsAndTheAgentChangeUnderARunningInstance(t *testing.T) {
	s := start(t, t.TempDir(), `{"model_name":"one"}`)
	open := s.send("POST", "/v1/chat/completions", unnamed+`,"stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	open.WaitFor("Hel")
	for _, word := range []string{"a", "b", "c"} {
		s.create(`{"input":"x"}`, word)
	}
	s.host.SetModels(abi.AgentModel{ID: "other", OwnedBy: "upstream"})
	s.host.ChangeSettings(`{"model_name":"two","stored_responses":2,"concurrent_turns":1}`)
	v := object(t, s.do("GET", "/v1/models", "").Body)
	for i, id := range []string{"two", "other"} {
		expect(t, v, id, "data", i, "id")
	}
	if list := at(t, v, "data").([]any); len(list) != 2 {
		t.Errorf("models %v", list)
	}
	expect(t, object(t, s.do("GET", "/health/detailed", "").Body), 2.0, "stored", "responses")
	expectError(t, s.do("POST", "/v1/chat/completions", unnamed+`}`), 429, nil, "too_many_requests")
	says("lo")(turn) // what runs goes on
	if r := open.Wait(); !strings.Contains(r.Body, "lo") || !strings.Contains(r.Body, `"model":"one"`) {
		t.Errorf("%+v", r)
	}
	expect(t, object(t, s.do("POST", "/v1/chat/completions", unnamed+`}`, says("x")).Body), "two", "model")

	s.host.ChangeSettings(`{"stored_responses":"many"}`) // as no host would
	expect(t, object(t, s.do("POST", "/v1/chat/completions", unnamed+`}`, says("x")).Body), "two", "model")
}

// mute is an agent whose models cannot be listed.
type mute struct{ abi.Agent }

// Models implements abi.Agent.
func (mute) Models([]byte) int32 { return abi.EIO.Result() }

func TestSettingsThatAreNotTakenChangeNothing(t *testing.T) {
	agent := &struct{ abi.Agent }{}
	s := startOn(t, sdktest.New(), t.TempDir(), `{"stored_responses":3}`, func(host *abi.Host) {
		agent.Agent, host.Agent = host.Agent, agent
	})
	s.do("GET", "/health", "")
	agent.Agent = mute{agent.Agent}
	s.host.ChangeSettings(`{"stored_responses":2}`)
	expect(t, object(t, s.do("GET", "/health/detailed", "").Body), 3.0, "limits", "stored_responses")
}
