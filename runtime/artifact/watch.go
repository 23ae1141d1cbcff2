package artifact

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/ordinaryfile"
)

// Watcher looks for changes of a drop-in folder.
type Watcher struct {
	// Folder names the folder; it is asked again and again, because a reload may have chosen another.
	Folder func() string
	// Seen is the state of the folder as it was read last before the watcher began.
	Seen string
	// Changed is told that the folder is in another state than when it was told last.
	Changed func()
	Logger  *slog.Logger
	// Files counts looks at a folder that does not answer; nil counts nothing.
	Files *ordinaryfile.Reader

	poll   time.Duration              // 0: as limits says
	silent bool                       // without the system's notices
	shot   func(folder string) string // takes the snapshots; nil: snapshot
}

// Run watches until ctx is over. The system's notices make it fast, and a look at the folder now and then makes it sure: notices
// do not come from network shares and some container mounts, and stop when a folder is put in the place of another.
//
// A change is told once the folder has been as it is for a moment, so that a file is whole when it is read. One that goes on
// changing does not keep the others waiting for ever.
func (w *Watcher) Run(ctx context.Context) {
	notices := w.notices()
	defer w.within(context.WithoutCancel(ctx), notices.close)
	poll := time.NewTicker(cmp.Or(w.poll, limits.WatchPoll))
	defer poll.Stop()
	for told := w.Seen; ; {
		folder := w.Folder()
		w.within(ctx, func() { notices.follow(folder) })
		if now, ok := w.look(ctx); ok && now != told {
			if settled, ok := w.settle(ctx); ok && settled != told && ctx.Err() == nil {
				told = settled
				w.Changed()
			}
		}
		select {
		case <-notices.events:
		case <-notices.errors: // such as an overflow: some notices are lost
		case <-poll.C:
		case <-ctx.Done():
			return
		}
	}
}

// settle waits until the folder stays as it is, and says how that is; not ok if it does not answer.
func (w *Watcher) settle(ctx context.Context) (settled string, ok bool) {
	deadline := time.Now().Add(limits.WatchPatience)
	settled, ok = w.look(ctx)
	for ok && time.Now().Before(deadline) {
		select {
		case <-time.After(limits.WatchSettle):
		case <-ctx.Done():
			return settled, true
		}
		before := settled
		if settled, ok = w.look(ctx); settled == before {
			break
		}
	}
	return settled, ok
}

// look takes a look at the folder; not ok if it does not answer in time.
func (w *Watcher) look(ctx context.Context) (state string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, limits.WatchLook)
	defer cancel()
	folder, shot := w.Folder(), w.shot
	if shot == nil {
		shot = snapshot
	}
	state, err := ordinaryfile.Within(ctx, w.Files, folder, func() (string, error) { return shot(folder), nil })
	return state, err == nil
}

// within does what may wait for the folder's file system, and gives up on it like look.
func (w *Watcher) within(ctx context.Context, do func()) {
	ctx, cancel := context.WithTimeout(ctx, limits.WatchLook)
	defer cancel()
	_, _ = ordinaryfile.Within(ctx, w.Files, w.Folder(), func() (struct{}, error) { do(); return struct{}{}, nil }) // the next look says more
}

// snapshot is everything about the folder that tells another state from this one: of each file that ReadFolder would look at its
// kind, size and time, and who may write it.
func snapshot(folder string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	var lines []string
	if info, err := os.Stat(folder); err == nil {
		lines = append(lines, folder+" "+info.Mode().String())
	}
	for _, entry := range entries {
		name := entry.Name()
		if !isModuleFile(name) && !strings.HasSuffix(name, ".toml") {
			continue
		}
		if info, err := entry.Info(); err == nil {
			lines = append(lines, fmt.Sprintf("%s %s %d %d", name, info.Mode(), info.Size(), info.ModTime().UnixNano()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
