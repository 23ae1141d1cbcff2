package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"innkeeper/runtime/ordinaryfile"
)

const lockName = "innkeeper.lock"

// HeldError means that another process runs with the data folder.
type HeldError struct {
	DataDir string
	PID     int // 0 if unknown
}

// Error implements error.
func (e *HeldError) Error() string {
	pid := "pid unknown"
	if e.PID > 0 {
		pid = fmt.Sprintf("pid %d", e.PID)
	}
	return fmt.Sprintf("another innkeeper runs with data folder %s (%s)", e.DataDir, pid)
}

// errHeld is what tryLock returns for a lock that somebody else has.
var errHeld = errors.New("held")

// lock is a process's claim on a data folder. The system gives it up when the process ends, however it ends; the file
// stays, because removing it would let two processes lock two files of the same name.
type lock struct{ file *os.File }

// acquire claims the data folder, which exists. It does not wait.
func acquire(dataDir string) (*lock, error) {
	file, err := os.OpenFile(filepath.Join(dataDir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	err = tryLock(file)
	if err == nil {
		err = writePID(file)
	}
	if errors.Is(err, errHeld) {
		err = &HeldError{DataDir: dataDir, PID: readPID(file)}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file}, nil
}

// release gives the folder up.
func (l *lock) release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func readPID(file *os.File) int {
	text, err := io.ReadAll(io.LimitReader(file, 32))
	if err != nil {
		return 0
	}
	return parsePID(text)
}

func parsePID(text []byte) int {
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// readSmall reads one of the small files in the data folder. Whatever lies there in its place must not hold up an operator.
func readSmall(path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	file, err := (*ordinaryfile.Reader)(nil).Read(ctx, path, smallBytes, ordinaryfile.Follow)
	return file.Bytes, err
}
