package sqlitefn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600

	maxLabelBytes = 64

	// maxPathBytes leaves room for "-journal" under the 1,024 bytes past which the library panics on a path.
	maxPathBytes = 1000
)

// What the files of a database end in. https://www.sqlite.org/tempfiles.html
const (
	databaseSuffix = ".db"
	logSuffix      = "-wal"
)

// siblings are the files that SQLite keeps beside a database.
var siblings = [...]string{logSuffix, "-shm", "-journal"}

// validLabel reports whether a label has the form [a-z0-9_-]{1,64}.
func validLabel(label []byte) bool {
	if len(label) == 0 || len(label) > maxLabelBytes {
		return false
	}
	for _, c := range label {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// refusedError says that something in the adapter's folder is not what the host puts there.
type refusedError struct {
	path string
	why  string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("path[%s]: %s; only plain files and folders made by this program belong there", e.path, e.why)
}

// place is a database file that may be opened.
type place struct {
	path string
	info fs.FileInfo
	log  fs.FileInfo // the write-ahead log beside it; nil if there is none
}

// logged is the size of the write-ahead log.
func (p place) logged() int64 { return sizeOf(p.log) }

// locate makes sure that the file of a label, and what lies beside it, may be opened: plain files in a folder of our own,
// no links. A missing folder and file are made, so that their modes are right from the start.
//
// SQLite takes a name that begins with "file:" for a URI with parameters, so the name is always an absolute path.
func locate(dir, label string) (place, error) {
	folder, err := ownFolder(dir)
	if err != nil {
		return place{}, err
	}
	path := filepath.Join(folder, label+databaseSuffix)
	if len(path) > maxPathBytes {
		return place{}, &refusedError{path, fmt.Sprintf("the path is longer than %d bytes", maxPathBytes)}
	}
	log, err := checkSiblings(path)
	if err != nil {
		return place{}, err
	}
	info, err := ownFile(path, sizeOf(log))
	if err != nil {
		return place{}, err
	}
	return place{path, info, log}, nil
}

// ownFolder makes the folder or checks it, and gives its path without links.
func ownFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), folderMode); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", &refusedError{dir, "not a folder but " + kindOf(info)}
	}
	if err := tighten(dir, info, folderMode); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// checkSiblings checks the files beside a database and returns the write-ahead log, nil if there is none.
func checkSiblings(path string) (log fs.FileInfo, err error) {
	for _, suffix := range siblings {
		info, err := lstatFile(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if suffix == logSuffix {
			log = info
		}
	}
	return log, nil
}

// ownFile makes the file or checks it. SQLite deletes the write-ahead log of a database that is empty or missing, and the
// log may be the only copy of what was committed; so that is damage, found before SQLite sees it.
func ownFile(path string, logged int64) (fs.FileInfo, error) {
	info, err := lstatFile(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return nil, err
	case logged > 0 && (missing || info.Size() == 0):
		return nil, &damageError{path, fmt.Sprintf("the file is missing or empty, but its write-ahead log has %d bytes",
			logged), sqlite3.CORRUPT}
	case !missing:
		return info, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err == nil {
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	return lstatFile(path)
}

// lstatFile returns the info of a plain file, whose mode it narrows to what it should be.
func lstatFile(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &refusedError{path, "not a file but " + kindOf(info)}
	}
	return info, tighten(path, info, fileMode)
}

// tighten takes away what others may do with a file or folder.
func tighten(path string, info fs.FileInfo, mode fs.FileMode) error {
	if info.Mode().Perm()&^mode == 0 {
		return nil
	}
	return os.Chmod(path, mode)
}

func kindOf(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "a file of mode " + strings.TrimLeft(mode.String(), "-")
	}
}
