package admin

import (
	"encoding/json"
	"testing"
	"time"
)

// Programs read this: fields may be added, none may be renamed or change its type.
func TestFormOfTheStatus(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	status := Status{
		Adapters: []Adapter{{
			Name: "api_server", State: "backoff", Reason: "trap", Since: at, Generation: 7, Attempts: 2, NextAttempt: &at,
			LastError: "trap", LastErrorAt: &at, Module: "builtin:api_server",
			Handles: Handles{Open: map[string]int{}, Opened: 3, Closed: 3, Kinds: map[string]HandleTotals{"agent.turn": {Opened: 3, Closed: 3}}},
			Storage: Storage{UsedBytes: 2, LimitBytes: 3, LeftInLogsBytes: 1},
		}},
		TakenOver: TakenOver{Total: 2, Held: []Leftover{{Adapter: "api_server", Generation: 6, What: "the guest", Since: at}}},
		House: House{
			Budgets:    []Budget{{Name: "memory", Unit: "bytes", Used: 1, Limit: 4, Peak: 2, Short: 3, Origin: "configuration"}},
			LogDropped: 5, ReadsHanging: 6, ReadsGivenUp: 7,
		},
		Process: Process{PID: 1, Version: "v1", Started: at, Boot: "b", FDs: 9, Goroutines: 4, RSSBytes: 1 << 20, Config: "/c", DataDir: "/d"},
	}
	const want = `{"adapters":[{"name":"api_server","state":"backoff","reason":"trap","since":"2026-01-02T03:04:05Z","generation":7,"predecessor":0,` +
		`"attempts":2,"next_attempt":"2026-01-02T03:04:05Z","attention":false,"last_error":"trap","last_error_at":"2026-01-02T03:04:05Z",` +
		`"update":"","listen":"","module":"builtin:api_server","handles":{"open":{},"opened":3,"closed":3,"failed":0,"taken_over":0,` +
		`"kinds":{"agent.turn":{"opened":3,"closed":3,"failed":0,"taken_over":0}}},` +
		`"storage":{"used_bytes":2,"limit_bytes":3,"left_in_logs_bytes":1}}],` +
		`"taken_over":{"total":2,"held":[{"adapter":"api_server","generation":6,"what":"the guest","since":"2026-01-02T03:04:05Z"}]},` +
		`"house":{"budgets":[{"name":"memory","unit":"bytes","used":1,"limit":4,"peak":2,"short":3,"origin":"configuration"}],"log_dropped":5,"reads_hanging":6,"reads_given_up":7},` +
		`"process":{"pid":1,"version":"v1","started":"2026-01-02T03:04:05Z","boot":"b","fds":9,"goroutines":4,"rss_bytes":1048576,"config":"/c","data_dir":"/d"}}`
	got, err := json.Marshal(status)
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
}
