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

	poll   time.Duration // 0: as limits says
	silent bool          // without the system's notices
}

// Run watches until ctx is over. The system's notices make it fast, and a look at the folder now and then makes it sure: notices
// do not come from network shares and some container mounts, and stop when a folder is put in the place of another.
//
// A change is told once the folder has been as it is for a moment, so that a file is whole when it is read. One that goes on
// changing does not keep the others waiting for ever.
func (w *Watcher) Run(ctx context.Context) {
	notices := w.notices()
	defer notices.close()
	poll := time.NewTicker(cmp.Or(w.poll, limits.WatchPoll))
	defer poll.Stop()
	for told := w.Seen; ; {
		notices.follow(w.Folder())
		if snapshot(w.Folder()) != told {
			if settled := w.settle(ctx); settled != told && ctx.Err() == nil {
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

// settle waits until the folder stays as it is, and says how that is.
func (w *Watcher) settle(ctx context.Context) (settled string) {
	deadline := time.Now().Add(limits.WatchPatience)
	settled = snapshot(w.Folder())
	for time.Now().Before(deadline) {
		select {
		case <-time.After(limits.WatchSettle):
		case <-ctx.Done():
			return settled
		}
		now := snapshot(w.Folder())
		if now == settled {
			return settled
		}
		settled = now
	}
	return settled
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
