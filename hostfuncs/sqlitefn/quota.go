package sqlitefn

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// share is how large a database of an adapter and its write-ahead log may become, in bytes.
type share struct{ database, log int64 }

// A database's part of the quota, beside its log: as much again can be in the log, because a transaction is in it whole, and the
// log has a header for each page.
const databasePart, databaseParts = 48, 100

// shareOf divides what an adapter may store between its databases. Each gets the same: a bound that another database could take away
// would make a write fail that fitted a moment before.
func shareOf(quota int64, databases int, limits Limits) share {
	part := max(0, quota) / int64(max(1, databases))
	log := min(limits.MaxWAL, part/4)
	return share{log: log, database: min(limits.MaxDatabase, (part-log)/databaseParts*databasePart)}
}

// maxEntries is how many files of a folder are counted: far more than its databases have.
const maxEntries = 4096

// survey counts what is in the folder, and returns the share of each database.
func (f *Family) survey(dir string) (share, error) {
	entries, err := readFolder(dir)
	if err != nil {
		return share{}, err
	}
	d := f.folder
	d.mu.Lock()
	defer d.mu.Unlock()
	d.quota, d.others = f.limits.MaxDisk, 0
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it went meanwhile, or it takes no room
		}
		d.count(dir, info, f.labels)
	}
	return shareOf(d.quota-d.others, len(f.labels), f.limits), nil
}

// count adds a file of the folder. The caller holds d.mu.
func (d *folder) count(dir string, info fs.FileInfo, labels map[string]bool) {
	label, suffix, isDatabase := strings.Cut(info.Name(), databaseSuffix)
	if !isDatabase || !labels[label] || suffix != "" && !slices.Contains(siblings[:], suffix) {
		d.others += info.Size()
		return
	}
	known := d.file(filepath.Join(dir, label+databaseSuffix))
	switch {
	case known.users > 0: // its connections know better
	case suffix == "":
		known.size.Store(info.Size())
	case suffix == logSuffix:
		known.log.Store(info.Size())
	}
}

func readFolder(dir string) ([]fs.DirEntry, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	entries, err := folder.ReadDir(maxEntries)
	if errors.Is(err, io.EOF) {
		err = nil // it is empty
	}
	return entries, errors.Join(err, folder.Close())
}
