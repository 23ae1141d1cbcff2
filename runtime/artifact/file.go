package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads an ordinary file of at most a number of bytes, whole and in one state, as module files are read.
func ReadFile(ctx context.Context, path string, most int) ([]byte, error) {
	return readFile(ctx, path, most, true)
}

func readFile(ctx context.Context, path string, most int, follow bool) ([]byte, error) {
	file, err := open(path, follow)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.read(ctx, most)
}

// ordinary is an ordinary file that is open.
type ordinary struct {
	*os.File
	path string
	info fs.FileInfo // as it was when the file was opened
}

// open opens an ordinary file; follow says whether it may be reached through a symbolic link.
func open(path string, follow bool) (*ordinary, error) {
	look := os.Stat
	if !follow {
		look = os.Lstat
	}
	info, err := look(path)
	if err != nil {
		return nil, err
	}
	if err := isOrdinary(path, info); err != nil {
		return nil, err // and leaves it alone: some devices act when they are opened
	}
	file, err := os.OpenFile(path, openFlags(follow), 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil { // something else may lie there now
		err = isOrdinary(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &ordinary{File: file, path: path, info: info}, nil
}

func isOrdinary(path string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("%s %w: it is a symbolic link", path, ErrNoFile)
	case mode.IsDir():
		return fmt.Errorf("%s %w: it is a folder", path, ErrNoFile)
	}
	return fmt.Errorf("%s %w", path, ErrNoFile)
}

// stride is how much is read between two looks at the context.
const stride = 1 << 20

// read reads the whole file. One that is too large, that grows or that changes meanwhile is refused.
func (f *ordinary) read(ctx context.Context, most int) ([]byte, error) {
	if f.info.Size() > int64(most) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLarge, f.info.Size(), most)
	}
	raw := make([]byte, f.info.Size())
	for read := 0; read < len(raw); {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("after %d of %d bytes: %w", read, len(raw), context.Cause(ctx))
		}
		n, err := f.Read(raw[read:min(len(raw), read+stride)])
		read += n
		if errors.Is(err, io.EOF) {
			return nil, ErrChanging
		}
		if err != nil {
			return nil, err
		}
	}
	now, err := f.Stat()
	if err == nil && changed(now, f.info) {
		err = ErrChanging
	}
	return raw, err
}

func changed(now, before fs.FileInfo) bool {
	return now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime())
}
