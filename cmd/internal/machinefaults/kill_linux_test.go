package machinefaults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

// restart restarts the API server, and waits for the outcome.
func (w *world) restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return admin.NewClient(w.data).Restart(ctx, apiName, false, admin.Await)
}

// The process is killed at any moment while responses are stored, in the foreground and in the background. What was acknowledged
// is there when it runs again, and the database is in order.
func TestKilledWhileStoring(t *testing.T) {
	kills := pick(200, 8)
	w := newWorld(t)
	w.configure(w.api())
	w.warm()
	acknowledged := 0
	for n := range kills {
		w.start()
		w.connected(apiName)
		address := w.adapter(apiName).Listen
		ids := w.storesUntilKilled(address, 1+n*7%40)
		w.sound()
		w.start()
		w.connected(apiName)
		for _, id := range ids {
			status, text, err := w.ask("GET", "/v1/responses/"+id, "")
			if err != nil || status != http.StatusOK {
				t.Fatalf("kill %d: response %s was acknowledged and is lost: %d %v %s", n, id, status, err, text)
			}
		}
		acknowledged += len(ids)
		if n%2 == 0 {
			w.kill()
		} else {
			w.ends(syscall.SIGTERM, 0)
		}
	}
	note(t, "%d kills, %d acknowledged responses, none lost, integrity ok each time", kills, acknowledged)
}

// storesUntilKilled sends responses from several clients, kills the process after so many were acknowledged, and gives the
// acknowledged ones.
func (w *world) storesUntilKilled(address string, after int) (ids []string) {
	w.t.Helper()
	var mu sync.Mutex
	var clients sync.WaitGroup
	enough := make(chan struct{})
	for c := range 4 {
		clients.Go(func() {
			for n := 0; ; n++ {
				body := fmt.Sprintf(`{"model":"any","input":"keep %d","background":%v}`, n, c%2 == 1)
				status, text, err := ask(address, "POST", "/v1/responses", body)
				var said struct{ ID string }
				if err != nil || status != http.StatusOK || json.Unmarshal(text, &said) != nil || said.ID == "" {
					return // it was killed
				}
				mu.Lock()
				if ids = append(ids, said.ID); len(ids) == after {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		w.t.Error("nothing is stored")
	}
	w.kill()
	clients.Wait()
	return ids
}
