package artifact

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/ordinaryfile"
)

// watched runs a watcher without notices in a bubble of its own time, and returns how often it told of a change.
func watched(t *testing.T, dir func() string) (told *atomic.Int32) {
	told = &atomic.Int32{}
	w := &Watcher{Folder: dir, Seen: snapshot(dir()), Changed: func() { told.Add(1) }, Logger: slog.New(slog.DiscardHandler), silent: true}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return told
}

func wants(t *testing.T, told *atomic.Int32, want int32, when string) {
	t.Helper()
	synctest.Wait()
	if got := told.Load(); got != want {
		t.Errorf("%s: told %d times, want %d", when, got, want)
	}
}

// within is more than a look and the settling after it take.
const within = limits.WatchPoll + 3*limits.WatchSettle

func TestWatcherTellsOfEveryKindOfChange(t *testing.T) {
	dir := folder(t, "one.wasm", "two.wasm")
	synctest.Test(t, func(t *testing.T) {
		told := watched(t, func() string { return dir })
		time.Sleep(within)
		wants(t, told, 0, "nothing changed")
		path := func(name string) string { return filepath.Join(dir, name) }
		for i, change := range []func() error{
			func() error { return os.WriteFile(path("three.wasm"), nil, 0o600) },
			func() error { return os.WriteFile(path("three.wasm"), []byte("x"), 0o600) },
			func() error { return os.Chtimes(path("three.wasm"), time.Time{}, time.Unix(1, 0)) },
			func() error { return os.Chmod(path("three.wasm"), 0o602) },
			func() error { return os.Rename(path("one.wasm"), path("two.wasm")) },
			func() error { return os.WriteFile(path("two.toml"), nil, 0o600) },
			func() error { return os.Chmod(dir, 0o777) },
			func() error { return os.RemoveAll(dir) },
			func() error { return os.Mkdir(dir, 0o700) },
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(within)
			wants(t, told, int32(i+1), "change")
		}
		if err := os.WriteFile(path("notes.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(within)
		wants(t, told, 9, "a file that is no module")
	})
}

// A file that is being copied is not told of before it is whole, however long that takes; one that never stays as it is does not
// keep the others waiting for ever.
func TestWatcherWaitsForCopies(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		told := watched(t, func() string { return dir })
		size := 0
		grow := func() {
			size++
			if err := os.WriteFile(filepath.Join(dir, "one.wasm"), make([]byte, size), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		for time.Since(began) < limits.WatchPoll+limits.WatchPatience/2 {
			grow()
			time.Sleep(limits.WatchSettle * 3 / 4)
		}
		wants(t, told, 0, "while it grows")
		time.Sleep(within)
		wants(t, told, 1, "when it is whole")
		for time.Since(began) < limits.WatchPoll+2*limits.WatchPatience {
			grow()
			time.Sleep(limits.WatchSettle * 3 / 4)
		}
		wants(t, told, 2, "when it does not come to an end")
	})
}

// What came between the reading of the folder and the watcher's beginning is told; so is another folder.
func TestWatcherBeginsWithWhatWasSeen(t *testing.T) {
	one, other := folder(t, "one.wasm"), folder(t, "one.wasm")
	synctest.Test(t, func(t *testing.T) {
		var dir atomic.Pointer[string]
		dir.Store(&one)
		read, err := Source{}.ReadFolder(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(one, "two.wasm"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		told := &atomic.Int32{}
		w := &Watcher{
			Folder: func() string { return *dir.Load() }, Seen: read.State, silent: true, Changed: func() { told.Add(1) },
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go w.Run(ctx)
		time.Sleep(within)
		wants(t, told, 1, "a file that came before")
		dir.Store(&other)
		time.Sleep(within)
		wants(t, told, 2, "another folder")
	})
}

// The system's notices make it fast, in a folder that is put in the place of another as well.
func TestWatcherIsNotified(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "adapters")
	told := make(chan struct{}, 8)
	w := &Watcher{
		Folder: func() string { return dir }, Changed: func() { told <- struct{}{} }, Logger: slog.New(slog.DiscardHandler), poll: 50 * time.Millisecond,
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	await := func(what string) {
		t.Helper()
		select {
		case <-told:
		case <-time.After(time.Minute):
			t.Fatalf("never told of %s", what)
		}
	}
	for range 2 {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		await("the folder")
		write(t, filepath.Join(dir, "one.wasm"), nil)
		await("the file")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		await("the end of the folder")
	}
	cancel()
	<-ended
}

func TestNotices(t *testing.T) {
	dir := folder(t, "one.wasm")
	n := (&Watcher{Logger: slog.New(slog.DiscardHandler)}).notices()
	defer n.close()
	n.follow(dir)
	write(t, filepath.Join(dir, "two.wasm"), nil)
	select {
	case <-n.events:
	case <-time.After(time.Minute):
		t.Error("no notice of a new file")
	}
}

// A folder that does not answer is no change, is looked at again, and does not hold up the end.
func TestWatcherOfAFolderThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, hangs, answers := 0, make(chan struct{}), ""
		files := &ordinaryfile.Reader{}
		w := &Watcher{
			Folder: func() string { return "share" }, Changed: func() { told++ }, Logger: slog.New(slog.DiscardHandler), silent: true, Files: files,
			shot: func(string) string { <-hangs; return answers },
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(ctx)
		}()
		time.Sleep(within)
		synctest.Wait()
		if now, _ := files.GivenUp(); now == 0 || told != 0 {
			t.Errorf("%d looks hang, told %d times", now, told)
		}
		answers = "another state"
		close(hangs)
		time.Sleep(within)
		synctest.Wait()
		if now, _ := files.GivenUp(); now != 0 || told != 1 {
			t.Errorf("it answers: %d looks hang, told %d times", now, told)
		}
		cancel()
		<-ended
	})
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		w := &Watcher{
			Folder: func() string { return "share" }, Logger: slog.New(slog.DiscardHandler), silent: true,
			shot: func(string) string { <-hangs; return "" },
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(ctx)
		}()
		synctest.Wait()
		began := time.Now()
		cancel()
		if <-ended; time.Since(began) != 0 {
			t.Errorf("the end took %v", time.Since(began))
		}
		close(hangs)
	})
}
