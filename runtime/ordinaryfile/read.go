package ordinaryfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Why a file is not read.
var (
	// ErrNotOrdinary means that a path leads to a folder, a pipe, a device or a socket.
	ErrNotOrdinary = errors.New("is no ordinary file")
	// ErrTooLarge means that a file has more bytes than it may have.
	ErrTooLarge = errors.New("the file is too large")
	// ErrChanging means that a file changed while it was read.
	ErrChanging = errors.New("the file changed while it was read; try again when it is whole")
)

// File is a file as it was read.
type File struct {
	Path  string
	Bytes []byte
	// Info is of the file that was read, whatever lies at the path now.
	Info fs.FileInfo
}

// Links says whether a file may be reached through a symbolic link.
type Links bool

// The two ways.
const (
	Follow   Links = true
	NoFollow Links = false
)

// Read reads an ordinary file of at most a number of bytes, whole and in one state, until ctx is over.
func (r *Reader) Read(ctx context.Context, path string, most int, links Links) (File, error) {
	return Within(ctx, r, path, func() (File, error) { return Read(ctx, path, most, links) })
}

// Read is what a Reader does, for somebody within its care already: it waits for a file system that does not answer, and looks at ctx
// only while it reads.
func Read(ctx context.Context, path string, most int, links Links) (File, error) {
	file, info, err := open(path, links)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	raw, err := content(ctx, file, info, most)
	return File{Path: path, Bytes: raw, Info: info}, err
}

// Still is an error unless the file that was read lies at its path as it was.
func (f File) Still() error {
	if now, err := os.Stat(f.Path); err != nil || !os.SameFile(now, f.Info) || changed(now, f.Info) {
		return ErrChanging
	}
	return nil
}

// open opens an ordinary file.
func open(path string, links Links) (*os.File, fs.FileInfo, error) {
	look := os.Stat
	if links == NoFollow {
		look = os.Lstat
	}
	info, err := look(path)
	if err != nil {
		return nil, nil, err
	}
	if err := ordinary(path, info); err != nil {
		return nil, nil, err // and leaves it alone: some devices act when they are opened
	}
	file, err := os.OpenFile(path, openFlags(links), 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err == nil { // something else may lie there now
		err = ordinary(path, info)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

func ordinary(path string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("%s %w: it is a symbolic link", path, ErrNotOrdinary)
	case mode.IsDir():
		return fmt.Errorf("%s %w: it is a folder", path, ErrNotOrdinary)
	}
	return fmt.Errorf("%s %w", path, ErrNotOrdinary)
}

// stride is how much is read between two looks at the context, in bytes.
const stride = 1 << 20

// content reads the whole file. One that is too large, that grows or that changes meanwhile is refused. Some file systems do not
// tell a size beforehand, so that the end is where reading ends.
func content(ctx context.Context, file *os.File, before fs.FileInfo, most int) ([]byte, error) {
	if before.Size() > int64(most) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLarge, before.Size(), most)
	}
	raw := make([]byte, 0, before.Size()+1)
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("after %d of %d bytes: %w", len(raw), before.Size(), context.Cause(ctx))
		}
		if len(raw) == cap(raw) {
			raw = append(raw, 0)[:len(raw)]
		}
		n, err := file.Read(raw[len(raw):min(cap(raw), len(raw)+stride)])
		raw = raw[:len(raw)+n]
		switch {
		case len(raw) > most:
			return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
		case errors.Is(err, io.EOF):
			return raw, unchanged(file, before, len(raw))
		case err != nil:
			return nil, err
		}
	}
}

// unchanged is an error if the file is not as it was, or has not as many bytes as it had.
func unchanged(file *os.File, before fs.FileInfo, read int) error {
	now, err := file.Stat()
	switch {
	case err != nil:
		return err
	case changed(now, before), before.Size() > 0 && before.Size() != int64(read):
		return ErrChanging
	}
	return nil
}

// changed reports whether a file is in another state than before.
func changed(now, before fs.FileInfo) bool {
	return now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime())
}
