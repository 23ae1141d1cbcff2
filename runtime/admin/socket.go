package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The names in the data folder. Adapters' folders have no dot in theirs.
const (
	socketName  = "innkeeper.sock"
	birthFolder = ".sock"               // where the socket is made before it is put in its place
	pointerName = "innkeeper.sock.path" // holds the path of a socket that cannot lie in the data folder
	farPrefix   = "innkeeper-"          // of the folder for such a socket, in the system's folder for temporary files
	farName     = "control.sock"
)

// socket is the control socket of a data folder.
type socket struct {
	net.Listener
	path  string
	trash []string // what to remove when it is closed, in order
}

// openSocket makes the control socket of a data folder that the caller has locked: whatever lies there from before belongs
// to a process that is gone. The socket can never be reached by another user, whatever the umask. If the path is too long
// for a socket, or the file system cannot hold one, it is made elsewhere and the data folder says where.
func openSocket(dataDir string) (*socket, error) {
	clearFar(dataDir)
	near, err := openNear(dataDir)
	if err == nil {
		return near, nil
	}
	if errors.Is(err, errOccupied) {
		return nil, err
	}
	far, farErr := openFar(dataDir)
	if farErr != nil {
		return nil, errors.Join(err, farErr)
	}
	return far, nil
}

// errOccupied means that something else lies where the socket belongs.
var errOccupied = errors.New("there is a file of another kind at the path of the control socket")

// openNear makes the socket in the data folder.
func openNear(dataDir string) (*socket, error) {
	path := filepath.Join(dataDir, socketName)
	if info, err := os.Lstat(path); err == nil && (info.Mode().IsRegular() || info.IsDir()) {
		return nil, fmt.Errorf("control socket[%s]: %w; move it away", path, errOccupied)
	}
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("control socket[%s]: the path has %d bytes, a socket's has at most %d", path, len(path), maxSocketPath)
	}
	listener, err := bindPrivately(dataDir, path)
	if err != nil {
		return nil, fmt.Errorf("control socket[%s]: %w", path, err)
	}
	return &socket{Listener: listener, path: path, trash: []string{path}}, nil
}

// bindPrivately binds in a folder that nobody else may enter, sets the mode there and only then puts the socket in its
// place: a socket that is bound first and restricted afterwards is open for a moment.
func bindPrivately(dataDir, path string) (net.Listener, error) {
	if runtime.GOOS == "windows" { // access follows the folder there, and a bound socket may not move
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return bind(path)
	}
	folder := filepath.Join(dataDir, birthFolder)
	if err := os.RemoveAll(folder); err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	born := filepath.Join(folder, "s")
	listener, err := bind(born)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(born, path); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// bind listens at path, for the owner only. Removing the file is the caller's business.
func bind(path string) (net.Listener, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(path))
	}
	return listener, nil
}

// openFar makes the socket in a folder of its own among the temporary files and notes its path in the data folder.
func openFar(dataDir string) (*socket, error) {
	folder, err := os.MkdirTemp("", farPrefix) // mode 0700
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	path, pointer := filepath.Join(folder, farName), filepath.Join(dataDir, pointerName)
	listener, err := bind(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control socket[%s]: %w", path, err), os.Remove(folder))
	}
	s := &socket{Listener: listener, path: path, trash: []string{pointer, path, folder}}
	if err := os.WriteFile(pointer, []byte(path+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), s.Close())
	}
	return s, nil
}

// clearFar removes what a process that is gone left behind by openFar. The pointer is only a file: nothing but an empty
// folder with our prefix, and the socket in it, is removed on its word.
func clearFar(dataDir string) {
	pointer := filepath.Join(dataDir, pointerName)
	path, found := readPointer(pointer)
	if !found {
		return
	}
	folder := filepath.Dir(path)
	if filepath.Base(path) == farName && strings.HasPrefix(filepath.Base(folder), farPrefix) {
		_, _ = os.Remove(path), os.Remove(folder)
	}
	_ = os.Remove(pointer)
}

// socketPath returns the path at which a client finds the socket of a data folder.
func socketPath(dataDir string) string {
	if path, found := readPointer(filepath.Join(dataDir, pointerName)); found {
		return path
	}
	return filepath.Join(dataDir, socketName)
}

func readPointer(pointer string) (path string, found bool) {
	text, err := readSmall(pointer)
	if err != nil {
		return "", false
	}
	return strings.TrimSpace(string(text)), true
}

// Close stops listening and removes the files.
func (s *socket) Close() error {
	var errs []error
	if err := s.Listener.Close(); !errors.Is(err, net.ErrClosed) { // the HTTP server has closed it already
		errs = append(errs, err)
	}
	for _, path := range s.trash {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
