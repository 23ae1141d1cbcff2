package openaiagent

import (
	"strings"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
)

// The values of an event are charged for while the guest is behind, and are too much where there is no room for them.
func TestValuesOfEventsAreCharged(t *testing.T) {
	const many, few = 20_000, 100
	chunk := func(values int) []byte {
		return []byte(`{"choices":[{"delta":{"content":"a"}}],"x":[` + strings.Repeat("0,", values) + `0]}`)
	}
	events := budget.New(2 * many * limits.TurnValueBytes)
	held := int64(-1)
	ans := &answer{doc: &jsontext.Doc{}, events: events, emit: func(agent.Event) error {
		held = events.Use().Used
		return nil
	}}
	for _, values := range []int{few, many, few} {
		failed, err := ans.take(nil, chunk(values))
		charged := values >= many
		if failed != nil || err != nil || charged != (held >= int64(values*limits.TurnValueBytes)) || !charged && held != 0 {
			t.Errorf("%d values: %v, %v, charged %d", values, failed, err, held)
		}
		if left := events.Use().Used; left != 0 {
			t.Errorf("%d values: %d bytes were not given back", values, left)
		}
	}
	events.Resize(many)
	if failed, err := ans.take(nil, chunk(many)); failed == nil || failed.Code != "agent_busy" || failed.Status != 503 || err != nil {
		t.Errorf("without room: %v, %v", failed, err)
	}
}
