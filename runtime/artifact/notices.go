package artifact

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"

	"innkeeper/runtime/limits"
)

// notices are the system's, that something in a folder may have changed. What it was the snapshot says.
type notices struct {
	watcher   *fsnotify.Watcher // nil if there are none
	following sync.Mutex        // held while it is changed what is watched, which may wait for a file system
	watched   string            // the folder that was watched last; guarded by following

	events <-chan fsnotify.Event
	errors <-chan error
}

// notices asks for notices. Without them the looks at the folder are what is left.
func (w *Watcher) notices() *notices {
	if w.silent {
		return &notices{}
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		w.Logger.Info("no notices of files, looking at the folder instead", "every", limits.WatchPoll, "error", err)
		return &notices{}
	}
	return &notices{watcher: watcher, events: watcher.Events, errors: watcher.Errors}
}

// follow watches a folder in the place of the one before; as long as it is not there, the folder in which it would be. The system
// ends a watch by itself when its folder goes.
func (n *notices) follow(folder string) {
	if n.watcher == nil || !n.following.TryLock() {
		return // the one before still waits
	}
	defer n.following.Unlock()
	folder = filepath.Clean(folder)
	if _, err := os.Stat(folder); err != nil {
		folder = filepath.Dir(folder)
	}
	watching := len(n.watcher.WatchList()) > 0
	if watching && n.watched == folder {
		return
	}
	if watching {
		_ = n.watcher.Remove(n.watched)
	}
	n.watched = folder
	_ = n.watcher.Add(folder) // without it, the next look finds out
}

func (n *notices) close() {
	if n.watcher != nil {
		_ = n.watcher.Close()
	}
}
