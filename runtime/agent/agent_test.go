package agent_test

import (
	"errors"
	"testing"

	"innkeeper/runtime/agent"
)

func TestLast(t *testing.T) {
	for kind := agent.KindText; kind <= agent.KindFailed; kind++ {
		if last := kind == agent.KindDone || kind == agent.KindFailed; kind.Last() != last {
			t.Errorf("%s: Last = %v", kind, !last)
		}
	}
}

func TestFailedIsAnError(t *testing.T) {
	cause := errors.New("refused")
	var err error = &agent.Failed{Status: 502, Code: "c", Message: "m", Param: "p", Cause: cause}
	if !errors.Is(err, cause) || err.Error() != "agent[502 c]: m (p): refused" {
		t.Errorf("%v", err)
	}
	bad := agent.BadRequest("messages[3].content", "%s is required", "content")
	if bad.Status != 400 || bad.Type != agent.TypeInvalidRequest || bad.Param != "messages[3].content" || bad.Message != "content is required" {
		t.Errorf("%+v", bad)
	}
}
