package ordinaryfile

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
)

// hung is a call that comes back when the test says so.
func hung(r *Reader, ctx context.Context) (back chan struct{}, outcome chan error) {
	back, outcome = make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := Within(ctx, r, "share/x", func() (int, error) { <-back; return 1, nil })
		outcome <- err
	}()
	return back, outcome
}

// A file system that does not answer costs the time of the context, and is counted until it answers.
func TestWhatHangsIsGivenUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reader{}
		ctx, cancel := context.WithCancelCause(t.Context())
		back, outcome := hung(r, ctx)
		synctest.Wait()
		late := errors.New("late")
		cancel(late)
		if err := <-outcome; !errors.Is(err, ErrHangs) || !errors.Is(err, late) || !strings.Contains(err.Error(), "share/x") {
			t.Errorf("got %v", err)
		}
		if now, total := r.GivenUp(); now != 1 || total != 1 {
			t.Errorf("%d of %d", now, total)
		}
		close(back)
		synctest.Wait()
		if now, total := r.GivenUp(); now != 0 || total != 1 {
			t.Errorf("after it answered: %d of %d", now, total)
		}
	})
}

// With too many that hang nothing more is begun, and all goes on when one of them has come back.
func TestWhatHangsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reader{}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		var backs []chan struct{}
		for range Hanging {
			back, outcome := hung(r, over)
			if err := <-outcome; !errors.Is(err, ErrHangs) {
				t.Fatal(err)
			}
			backs = append(backs, back)
		}
		begun := false
		_, err := Within(t.Context(), r, "p", func() (int, error) { begun = true; return 0, nil })
		if !errors.Is(err, ErrHangs) || begun {
			t.Errorf("one more: %v, begun %v", err, begun)
		}
		close(backs[0])
		synctest.Wait()
		if n, err := Within(t.Context(), r, "p", func() (int, error) { return 7, nil }); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		for _, back := range backs[1:] {
			close(back)
		}
	})
}

func TestWithinReturnsWhatWasDone(t *testing.T) {
	wrong := errors.New("wrong")
	for _, r := range []*Reader{nil, {}} {
		if n, err := Within(t.Context(), r, "p", func() (int, error) { return 3, wrong }); n != 3 || err != wrong {
			t.Errorf("%d, %v", n, err)
		}
		if now, total := r.GivenUp(); now != 0 || total != 0 {
			t.Errorf("%d of %d", now, total)
		}
	}
	_, err := (*Reader)(nil).Read(t.Context(), t.TempDir()+"/none", 1, Follow)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
