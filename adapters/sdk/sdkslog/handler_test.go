package sdkslog_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"testing/slogtest"
	"time"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdkslog"
	"innkeeper/adapters/sdk/sdktest"
)

func TestHandlerKeepsTheRulesOfSlog(t *testing.T) {
	var host *sdktest.Host
	handler := func(t *testing.T) slog.Handler {
		host = sdktest.New()
		return sdkslog.New(sdk.New(host.ABI()), nil)
	}
	slogtest.Run(t, handler, func(t *testing.T) map[string]any {
		records := host.Records()
		last := records[len(records)-1]
		result := map[string]any{slog.LevelKey: last.Level, slog.MessageKey: last.Message}
		if t.Name() != "TestHandlerKeepsTheRulesOfSlog/zero-time" {
			result[slog.TimeKey] = time.Now() // the host's
		}
		if last.Attributes != "" {
			if err := json.Unmarshal([]byte(last.Attributes), &result); err != nil {
				t.Fatalf("attributes %q: %v", last.Attributes, err)
			}
		}
		return result
	})
}

func TestRecords(t *testing.T) {
	host := sdktest.New()
	log := slog.New(sdkslog.New(sdk.New(host.ABI()), slog.LevelWarn))
	log.Info("too low")
	log.Warn("plain")
	log.Error("names", "msg", "m", "level", "l")
	want := []sdktest.Record{{Level: 4, Message: "plain"}, {Level: 8, Message: "names", Attributes: `{"msg":"m","level":"l"}`}}
	got := host.Records()
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("records %+v, want %+v", got, want)
	}
}
