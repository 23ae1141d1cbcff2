package mailbox_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"innkeeper/runtime/mailbox"
)

// Each handle is within its own bound; together they are not.
func TestDeltasOfAllHandlesAreBounded(t *testing.T) {
	for name, free := range map[string]func(m *mailbox.Mailbox){
		"fetched": func(m *mailbox.Mailbox) { recv(m) },
		"dropped": func(m *mailbox.Mailbox) { m.Drop(1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 1 << 10, AllDeltaBytes: 1 << 10}, nil)
				piece := []byte(strings.Repeat("x", 700))
				for range 3 { // what was counted once must be free again
					must(t, m.PostDelta(t.Context(), kindA, 1, piece, false))
					done := false
					go func() {
						if err := m.PostDelta(t.Context(), kindA, 2, piece, false); err != nil {
							t.Errorf("post: %v", err)
						}
						done = true
					}()
					synctest.Wait()
					if done {
						t.Fatal("went over the bound of all")
					}
					free(m)
					synctest.Wait()
					if !done {
						t.Fatal("still blocked although there is room")
					}
					expect(t, m, "200 2 "+string(piece))
				}
			})
		})
	}
}

// Pieces of one byte take more memory than their bytes.
func TestTinyDeltasCountAsWhatTheyCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mailbox.New(mailbox.Bounds{New: 4, DeltaBytes: 1 << 10, AllDeltaBytes: 1 << 10}, nil)
		posted := 0
		go func() {
			for m.PostDelta(t.Context(), kindA, uint32(posted+1), []byte("x"), false) == nil {
				posted++
			}
		}()
		synctest.Wait()
		if posted == 0 || posted > 16 {
			t.Errorf("%d events wait within 1 KiB", posted)
		}
		m.Close()
	})
}

// Many streams that a guest is behind with must not make it turn new requests away.
func TestDeltasDoNotTakeTheRoomOfNewWork(t *testing.T) {
	m := mailbox.New(mailbox.Bounds{New: 2, DeltaBytes: 1 << 10}, nil)
	for handle := range uint32(100) {
		must(t, m.PostDelta(t.Context(), kindA, handle+1, []byte("x"), true))
	}
	must(t, m.PostNew(1, 200, nil, true))
	must(t, m.PostNew(1, 201, nil, true))
	if err := m.PostNew(1, 202, nil, true); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("third piece of new work: %v", err)
	}
	m.Drop(201)
	must(t, m.PostNew(1, 203, nil, true))
	for {
		if _, ok := m.Recv(make([]byte, 64)); !ok {
			break
		}
	}
	must(t, m.PostNew(1, 204, nil, true))
	must(t, m.PostNew(1, 205, nil, true))
}
