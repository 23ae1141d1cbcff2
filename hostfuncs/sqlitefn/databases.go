package sqlitefn

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"innkeeper/hostfuncs/family"
)

// Databases knows the database files of this process. In a hand-over two instances have the same ones: what one of them is
// writing is nothing that a crash left behind, and both fill the same disk. Its zero value is ready.
type Databases struct {
	mu      sync.Mutex
	folders map[string]*folder // by path
}

// folder returns what is known of a folder.
func (d *Databases) folder(dir string) *folder {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.folders[dir]
	if known == nil {
		known = &folder{files: map[string]*file{}}
		if d.folders == nil {
			d.folders = map[string]*folder{}
		}
		d.folders[dir] = known
	}
	return known
}

// Storage returns how much a folder holds, as it was seen last: it does not look at the disk.
func (d *Databases) Storage(dir string) family.Storage {
	known := d.folder(dir)
	known.mu.Lock()
	defer known.mu.Unlock()
	s := family.Storage{Used: known.others, Limit: known.quota}
	for _, f := range known.files {
		s.Used += f.size.Load() + f.log.Load()
		if f.left != nil {
			s.LeftInLogs += f.log.Load()
		}
	}
	return s
}

// folder is the folder of one adapter.
type folder struct {
	mu     sync.Mutex
	files  map[string]*file // by path
	others int64            // what is no database of the adapter, in bytes
	quota  int64            // of everything in it
}

// file is a database file, with its write-ahead log.
type file struct {
	folder *folder
	size   atomic.Int64 // of the database, in bytes
	log    atomic.Int64 // of its log, in bytes

	users int        // connections that are open; guarded by folder.mu
	left  *leftovers // what the last one left in a log; nil if nothing, or while it is open; guarded by folder.mu
}

// leftovers are a database and its log, as the last connection of this process left them.
type leftovers struct {
	database, log fs.FileInfo // nil if they are not known to be in order
}

// file returns what is known of a file. The caller holds d.mu.
func (d *folder) file(path string) *file {
	f := d.files[path]
	if f == nil {
		f = &file{folder: d}
		d.files[path] = f
	}
	return f
}

// enter notes a connection that is about to be opened. It recovers a database if the log is one that nobody in this process left or is
// writing.
func (d *folder) enter(place place) (f *file, recovers bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f = d.file(place.path)
	if f.users++; f.users > 1 {
		return f, false
	}
	recovers = place.logged() > 0 && !f.left.are(place)
	f.left = nil
	f.size.Store(place.info.Size())
	f.log.Store(place.logged())
	return f, recovers
}

// are reports whether nobody touched what was left. It is safe on nil.
func (l *leftovers) are(place place) bool {
	same := func(a, b fs.FileInfo) bool {
		return a != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
	}
	return l != nil && same(l.database, place.info) && same(l.log, place.log)
}

// leave notes that a connection was closed, in order or not.
func (f *file) leave(path string, inOrder bool) {
	database, _ := os.Lstat(path)
	log, _ := os.Lstat(path + logSuffix) // nil if there is none
	d := f.folder
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.users--; f.users > 0 {
		return
	}
	f.size.Store(sizeOf(database))
	f.log.Store(sizeOf(log))
	switch {
	case sizeOf(log) == 0:
		f.left = nil
	case inOrder:
		f.left = &leftovers{database, log}
	default:
		f.left = &leftovers{}
	}
}

func sizeOf(info fs.FileInfo) int64 {
	if info == nil {
		return 0
	}
	return info.Size()
}
