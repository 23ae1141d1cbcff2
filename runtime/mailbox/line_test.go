package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/mailbox"
)

// Whatever holds pieces back, each that is fetched wakes those who can go on then, and not all who wait.
func TestWakeUpsGrowWithEventsOnly(t *testing.T) {
	const each, piece = 4, mailbox.EventBytes + 1
	for name, bounds := range map[string]func(waiters int) mailbox.Bounds{
		"handle": func(int) mailbox.Bounds { return mailbox.Bounds{DeltaBytes: piece} },
		"all":    func(int) mailbox.Bounds { return mailbox.Bounds{DeltaBytes: piece, AllDeltaBytes: 2 * piece} },
		"host":   func(int) mailbox.Bounds { return mailbox.Bounds{DeltaBytes: piece, Flight: budget.New(2 * piece)} },
	} {
		for _, waiters := range []int{10, 500} {
			t.Run(fmt.Sprint(name, waiters), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := mailbox.New(bounds(waiters), nil)
					for handle := range uint32(waiters) {
						go func() {
							for range each {
								if err := m.PostDelta(t.Context(), kindA, handle+1, []byte("x"), false); err != nil {
									t.Errorf("post: %v", err)
								}
							}
						}()
					}
					synctest.Wait()
					events := 0
					for ; recv(m) != ""; events++ {
						synctest.Wait()
					}
					if events != each*waiters {
						t.Errorf("%d events of %d came", events, each*waiters)
					}
					if woken := m.Woken(); woken < events/2 || woken > 3*events {
						t.Errorf("%d wake-ups for %d events", woken, events)
					}
				})
			})
		}
	}
}

// post posts a piece in a goroutine, which waits if it must, and returns where its outcome is told.
func post(ctx context.Context, m *mailbox.Mailbox, handle uint32, text string) <-chan error {
	got := make(chan error, 1)
	go func() { got <- m.PostDelta(ctx, kindA, handle, []byte(text), false) }()
	synctest.Wait()
	return got
}

// told returns the outcome of a post that has one.
func told(t *testing.T, got <-chan error) error {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-got:
		return err
	default:
		t.Fatal("still blocked although there is room")
		return nil
	}
}

// What others give back lets pieces go on without a fetch, whoever of them is the first in the meantime.
func TestPiecesGoOnWhenTheHostHasMore(t *testing.T) {
	for name, more := range map[string]func(flight *budget.Budget){
		"given back": func(flight *budget.Budget) { flight.Give(400) },
		"resized":    func(flight *budget.Budget) { flight.Resize(1400) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				flight := budget.New(1000)
				flight.Force(1000) // by others
				m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, Flight: flight}, nil)
				must(t, m.PostDelta(t.Context(), kindA, 1, nil, false))
				ctx, cancel := context.WithCancel(t.Context())
				first, second := post(ctx, m, 2, "x"), post(t.Context(), m, 3, "x")
				cancel()
				if err := told(t, first); !errors.Is(err, context.Canceled) {
					t.Errorf("the first: %v", err)
				}
				more(flight)
				must(t, told(t, second))
				m.Close()
				if name == "given back" {
					flight.Give(600)
				} else {
					flight.Give(1000)
				}
				if used := flight.Use().Used; used != 0 {
					t.Errorf("%d bytes are left", used)
				}
			})
		})
	}
}

// What is fetched here is room for another instance.
func TestWhatIsFetchedIsRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flight := budget.New(2*mailbox.EventBytes + 2)
		one := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, Flight: flight}, nil)
		two := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, Flight: flight}, nil)
		must(t, one.PostDelta(t.Context(), kindA, 1, []byte("x"), false))
		must(t, two.PostDelta(t.Context(), kindA, 1, []byte("x"), false))
		waits := post(t.Context(), two, 2, "x")
		recv(one)
		must(t, told(t, waits))
	})
}

// One that gives up lets those behind it go on.
func TestWhoGivesUpHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, AllDeltaBytes: 500}, nil)
		must(t, m.PostDelta(t.Context(), kindA, 1, nil, false))
		ctx, cancel := context.WithCancel(t.Context())
		large, small := post(ctx, m, 2, strings.Repeat("x", 500)), post(t.Context(), m, 3, "x")
		cancel()
		if err := told(t, large); !errors.Is(err, context.Canceled) {
			t.Errorf("the large one: %v", err)
		}
		must(t, told(t, small))
		m.Close()
	})
}

// Small pieces do not overtake a large one that waits for its turn, nor one of the same handle another.
func TestNobodyIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, AllDeltaBytes: 1000}, nil)
		must(t, m.PostDelta(t.Context(), kindA, 1, []byte(strings.Repeat("a", 400)), false))
		large := strings.Repeat("b", 600)
		waits := []<-chan error{post(t.Context(), m, 2, large), post(t.Context(), m, 2, "c"), post(t.Context(), m, 3, "d")}
		recv(m)
		for _, got := range waits {
			must(t, told(t, got))
		}
		expect(t, m, "200 2 "+large, "200 3 d", "200 2 c")
	})
}

// A piece that would join the one before it waits again if something came between them, and holds up nobody else.
func TestWhatCanNoLongerJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mailbox.New(mailbox.Bounds{DeltaBytes: 200, AllDeltaBytes: 250}, nil)
		must(t, m.PostDelta(t.Context(), kindA, 1, nil, false))
		must(t, m.PostDelta(t.Context(), kindA, 2, []byte(strings.Repeat("x", 50)), false))
		got := make(chan error, 1)
		go func() { got <- m.PostDelta(t.Context(), kindA, 2, []byte(strings.Repeat("y", 20)), true) }()
		synctest.Wait()
		behind := post(t.Context(), m, 3, "z")
		must(t, m.Post(9, 2, nil))
		recv(m)
		must(t, told(t, behind))
		recv(m)
		must(t, told(t, got))
		expect(t, m, "9 2 ", "200 3 z", "200 2 "+strings.Repeat("y", 20))
	})
}

// Posters that give up, drops, a guest, and a host that has now more and now less: nobody hangs, and all is given back.
func TestNoWakeUpIsLost(t *testing.T) {
	const streams, pieces = 16, 300
	flight := budget.New(2000)
	m := mailbox.New(mailbox.Bounds{DeltaBytes: 400, AllDeltaBytes: 1200, Flight: flight}, nil)
	stop := make(chan struct{})
	var posters, others sync.WaitGroup
	for handle := range uint32(streams) {
		posters.Go(func() {
			for range pieces {
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(4) == 0 {
					go cancel()
				}
				err := m.PostDelta(ctx, kindA, handle%12+1, make([]byte, rand.IntN(300)), rand.IntN(2) == 0)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("post: %v", err)
				}
				cancel()
				if rand.IntN(8) == 0 {
					m.Drop(handle%12 + 1)
				}
			}
		})
	}
	others.Go(func() {
		for i := int64(1); ; i++ {
			select {
			case <-stop:
				return
			default:
				flight.Force(2000)
				recv(m)
				flight.Give(2000)
			}
		}
	})
	posters.Wait()
	close(stop)
	others.Wait()
	m.Close()
	if used := flight.Use().Used; used != 0 {
		t.Errorf("%d bytes are left", used)
	}
}

func BenchmarkDelta(b *testing.B) {
	m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, AllDeltaBytes: 1 << 20, Flight: budget.New(1 << 30)}, nil)
	buffer, payload := make([]byte, 256), make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.PostDelta(b.Context(), kindA, 1, payload, false)
		_, _ = m.Recv(buffer)
	}
}

// Many streams of which each waits for its turn.
func BenchmarkDeltaBesideWaiters(b *testing.B) {
	for _, waiters := range []int{10, 4000} {
		b.Run(fmt.Sprint(waiters), func(b *testing.B) {
			m := mailbox.New(mailbox.Bounds{DeltaBytes: 1 << 10, AllDeltaBytes: 1 << 10}, nil)
			var group sync.WaitGroup
			for handle := range uint32(waiters) {
				group.Go(func() {
					for m.PostDelta(b.Context(), kindA, handle+1, make([]byte, 100), false) == nil {
					}
				})
			}
			buffer := make([]byte, 256)
			for b.Loop() {
				for ok := false; !ok; _, ok = m.Recv(buffer) {
					_, _ = m.Wait(b.Context(), -1)
				}
			}
			m.Close()
			group.Wait()
		})
	}
}
