package scrape

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

func scrape(t *testing.T, status admin.Status) string {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(func() admin.Status { return status }).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestStatusAsMetrics(t *testing.T) {
	text := scrape(t, admin.Status{
		Adapters: []admin.Adapter{{
			Name: "api_server", State: "backoff", Since: time.Unix(1000, 500_000_000), Generation: 7, Attempts: 2, Attention: true,
			Handles: admin.Handles{
				Open:  map[string]int{"sqlite.connection": 1},
				Kinds: map[string]admin.HandleTotals{"sqlite.connection": {Opened: 6, Closed: 3, Failed: 1, TakenOver: 1}, "agent.turn": {Opened: 2, Closed: 2}},
			},
			Storage: admin.Storage{UsedBytes: 30, LimitBytes: 40, LeftInLogsBytes: 20},
		}},
		TakenOver: admin.TakenOver{Total: 4, Held: []admin.Leftover{{Adapter: "api_server"}}},
		House: admin.House{
			Budgets: []admin.Budget{{Name: "memory", Unit: "bytes", Used: 1, Limit: 4, Peak: 2, Short: 3}}, LogDropped: 5, ReadsHanging: 6, ReadsGivenUp: 7,
		},
		Process: admin.Process{Version: "v1.2.3"},
	})
	for _, want := range []string{
		`innkeeper_budget_used{budget="memory",unit="bytes"} 1`,
		`innkeeper_budget_limit{budget="memory",unit="bytes"} 4`,
		`innkeeper_budget_peak{budget="memory",unit="bytes"} 2`,
		`innkeeper_budget_short_total{budget="memory",unit="bytes"} 3`,
		`innkeeper_log_lines_dropped_total 5`,
		`innkeeper_file_reads_hanging 6`,
		`innkeeper_file_reads_given_up_total 7`,
		`innkeeper_build_info{version="v1.2.3"} 1`,
		`innkeeper_adapter_state{adapter="api_server",state="backoff"} 1`,
		`innkeeper_adapter_state{adapter="api_server",state="connected"} 0`,
		`innkeeper_adapter_state_since_timestamp_seconds{adapter="api_server"} 1000.5`,
		`innkeeper_adapter_generation{adapter="api_server"} 7`,
		`innkeeper_adapter_attempts{adapter="api_server"} 2`,
		`innkeeper_adapter_attention{adapter="api_server"} 1`,
		`innkeeper_handles_open{adapter="api_server",kind="sqlite.connection"} 1`,
		`innkeeper_handles_open{adapter="api_server",kind="agent.turn"} 0`,
		`innkeeper_handles_opened_total{adapter="api_server",kind="sqlite.connection"} 6`,
		`innkeeper_handles_closed_total{adapter="api_server",kind="sqlite.connection"} 3`,
		`innkeeper_handles_failed_total{adapter="api_server",kind="sqlite.connection"} 1`,
		`innkeeper_handles_taken_over{adapter="api_server",kind="sqlite.connection"} 1`,
		`innkeeper_taken_over 1`,
		`innkeeper_taken_over_total 4`,
		`innkeeper_adapter_storage_bytes{adapter="api_server"} 30`,
		`innkeeper_adapter_storage_limit_bytes{adapter="api_server"} 40`,
		`innkeeper_adapter_storage_left_in_logs_bytes{adapter="api_server"} 20`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
	for _, process := range []string{"go_goroutines ", "process_start_time_seconds "} {
		if !strings.Contains(text, "\n"+process) {
			t.Errorf("missing: %s", process)
		}
	}
}

// Exactly one state is 1, whichever it is: a state without a series would look like no state at all.
func TestEveryStateHasItsSeries(t *testing.T) {
	for _, state := range states() {
		text := scrape(t, admin.Status{Adapters: []admin.Adapter{{Name: "a", State: string(state)}}})
		if n := strings.Count(text, `innkeeper_adapter_state{adapter="a"`); n != len(states()) {
			t.Errorf("%d series", n)
		}
		if !strings.Contains(text, `state="`+string(state)+`"} 1`) {
			t.Errorf("%s is not 1", state)
		}
	}
}
