package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

func TestCapabilitiesAreWhatRuns(t *testing.T) {
	s := start(t, t.TempDir(), `{"stored_responses":0,"stored_completions":7,"idempotency_age":3600000000000,"concurrent_turns":9}`)
	v := object(t, s.do("GET", "/v1/capabilities", "").Body)
	expect(t, v, "echo", "models", 0, "id")
	expect(t, v, false, "features", "background_responses")
	expect(t, v, true, "features", "stored_chat_completions")
	expect(t, v, 7.0, "limits", "stored_completions")
	expect(t, v, 3600.0, "limits", "idempotency_age_seconds")
	expect(t, v, 1048576.0, "limits", "request_body_bytes")
	routes := readManifest(t).HTTP.Routes
	if n := len(at(t, v, "endpoints").([]any)); n != len(routes) {
		t.Errorf("%d endpoints, %d routes", n, len(routes))
	}
	for i, r := range routes {
		expect(t, v, r.Name, "endpoints", i, "name")
		expect(t, v, r.Path, "endpoints", i, "path")
	}
}

func TestDetailedHealthCountsWhatIsInHand(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	s.create(`{"input":"hi"}`, "x")
	s.complete("m", "", "x")
	s.doKeyed("k", "/v1/chat/completions", hello+`}`, says("x"))
	s.sendKeyed("l", "/v1/chat/completions", hello+`}`)
	<-s.turn
	_, turn := s.startRun(`{"input":"hi"}`)
	v := object(t, s.do("GET", "/health/detailed", "").Body)
	expect(t, v, "ok", "status")
	expect(t, v, 1.0, "generation")
	for path, want := range map[[2]string]float64{
		{"open", "turns"}: 2, {"open", "runs"}: 1, {"open", "idempotency_keys"}: 1,
		{"stored", "responses"}: 1, {"stored", "completions"}: 1, {"stored", "runs"}: 1, {"stored", "idempotency_keys"}: 2,
	} {
		expect(t, v, want, path[0], path[1])
	}
	if held := at(t, v, "open", "held_bytes").(float64); held <= 0 {
		t.Errorf("held_bytes %v", held)
	}
	says("x")(turn)
}

// TestNothingStaysInHand does everything that holds memory, in every way that it can end, and looks for what was not let go.
func TestNothingStaysInHand(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	fails := func(turn *sdktest.Turn) {
		turn.Text("Hel")
		turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	}
	long := strings.Repeat("0123456789", 1000)
	floods := func(turn *sdktest.Turn) {
		for range 900 {
			turn.Text(long)
		}
		turn.Finish()
	}
	n := 0
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"messages":[{"role":"user","content":"hi"}],"store":true`, "/v1/responses": `{"input":"hi"`, "/v1/runs": `{"input":"hi"`,
	} {
		for _, end := range []string{`}`, `,"stream":true}`} {
			if path == "/v1/runs" && end != `}` {
				continue
			}
			answers := []func(*sdktest.Turn){says("x"), fails}
			if path == "/v1/chat/completions" {
				answers = append(answers, floods)
			}
			for _, answer := range answers {
				n++
				key := "k" + strings.Repeat("k", n)
				s.do("POST", path, body+end, answer)
				s.doKeyed(key, path, body+end, answer)
				x := s.sendKeyed(key+"-left", path, body+end)
				turn := <-s.turn
				y := s.sendKeyed(key+"-left", path, body+end)
				s.do("GET", "/health", "")
				x.Leave()
				answer(turn)
				y.Wait()
				z := s.send("POST", path, body+end)
				<-s.turn
				if path != "/v1/runs" {
					z.Leave()
				}
				if r := z.Wait(); path == "/v1/runs" {
					s.do("POST", path+"/"+at(t, object(t, r.Body), "id").(string)+"/stop", "")
				}
			}
		}
	}
	v := object(t, s.do("GET", "/health/detailed", "").Body)
	for _, what := range []string{"turns", "runs", "idempotency_keys", "held_bytes"} {
		expect(t, v, 0.0, "open", what)
	}
	if exchanges, turns := s.host.Open(); exchanges+turns != 0 {
		t.Errorf("%d exchanges and %d turns are open", exchanges, turns)
	}
}
