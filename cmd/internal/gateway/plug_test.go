package gateway

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/cmd/internal/gateway/internal/kettlefn"
	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/config"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// stove counts what a host asks of the family kettle.
type stove struct{ drained, closed atomic.Int32 }

func (s *stove) Drained() { s.drained.Add(1) }
func (s *stove) Closed()  { s.closed.Add(1) }

const kettleManifest = `name = "cook"
version = "1"
families = ["lifecycle", "event", "kettle"]
`

// cook puts kettles on: one that boils at once, two that stay on, and one too many.
func cook() *puppet {
	p := newPuppet()
	index := p.b.Import("innkeeper:kettle@1", "put", wt.I32, wt.I32)
	put := func(litres int) wt.Code { return wt.I32Const(litres) + wt.Call(index) }
	return p.main(
		p.positive(put(0)), p.await(kettlefn.EventBoiled), // its handle is free again
		p.positive(put(1)), p.positive(put(1)), p.must(int(abi.EMFILE.Result()), put(1)),
		p.ready(), p.idle(),
	)
}

// A family touches its own package and one list. Admission, host calls, quotas in the configuration, handles in the status, the
// end of a handle with its last event, drain and close follow from that.
func TestAFamilyIsAPlug(t *testing.T) {
	dir, watch := t.TempDir(), &stove{}
	module := cook().write(t, dir, "cook", kettleManifest)
	toml := adapter("cook", module, quick, `limits.handles."kettle.kettle" = 2`)
	h := openIn(t, dir, plan{toml: toml, families: func(answerer func() agent.Agent) []family.Plug {
		return append(Families(answerer), kettlefn.Plug(watch))
	}})
	h.await("cook", supervisor.Connected)
	if handles := h.Status().Adapters[0].Handles; handles.Open[string(kettlefn.KindKettle)] != 2 || handles.Opened != 4 { // one was turned away
		t.Errorf("handles %+v", handles)
	}
	h.must(h.Pause(context.Background(), "cook"))
	h.await("cook", supervisor.Paused)
	if drained, closed := watch.drained.Load(), watch.closed.Load(); drained != 1 || closed != 1 {
		t.Errorf("drained %d times, closed %d times", drained, closed)
	}
	if handles := h.Status().Adapters[0].Handles; handles.Opened != 4 || handles.Closed != 4 {
		t.Errorf("after the end: %+v", handles)
	}
}

// Without the plug the host has no such family, and says so.
func TestAFamilyThatIsNotPluggedIn(t *testing.T) {
	dir := t.TempDir()
	module := cook().write(t, dir, "cook", kettleManifest)
	h := openIn(t, dir, plan{toml: adapter("cook", module, quick)})
	if status := h.await("cook", supervisor.Failed); !strings.Contains(status.Reason, "kettle") {
		t.Errorf("reason %q", status.Reason)
	}
}

// The annotated sample shows the kinds of handles that the families give out, with their quotas.
func TestSampleShowsTheQuotas(t *testing.T) {
	for kind, quota := range HandleQuotas() {
		if line := `#"` + kind + `" = `; !strings.Contains(config.Sample("key"), line) {
			t.Errorf("the sample does not show %s", line)
		} else if _, rest, _ := strings.Cut(config.Sample("key"), line); !strings.HasPrefix(rest, strconv.Itoa(quota)+"\n") {
			t.Errorf("the sample does not show %s%d", line, quota)
		}
	}
}
