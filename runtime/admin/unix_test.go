//go:build unix

package admin

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSocketIsTheOwnersWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o777 &^ 0o700} {
		before := syscall.Umask(mask)
		dir := filepath.Join(folder(t), "data")
		s, err := Listen(dir)
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]fs.FileMode{
			s.Path():                     fs.ModeSocket | 0o600,
			filepath.Join(dir, lockName): 0o600,
			dir:                          fs.ModeDir | 0o700,
		} {
			info, err := os.Lstat(path)
			if err != nil || info.Mode() != want {
				t.Errorf("umask %03o: %s is %v, want %v (%v)", mask, path, info.Mode(), want, err)
			}
		}
		closeServer(t, s)
	}
}

// holderEnv makes the test binary a process that holds a data folder until it is killed.
const holderEnv = "INNKEEPER_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holderEnv); dir != "" {
		hold(dir)
	}
	os.Exit(m.Run())
}

func hold(dir string) {
	s, err := Listen(dir)
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString(s.Path() + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until killed
	os.Exit(0)
}

func TestTwoProcessesCannotShareADataFolder(t *testing.T) {
	dir := folder(t)
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holderEnv+"="+dir)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the other process did not get the folder: %v", err)
	}
	_, err = Listen(dir)
	var held *HeldError
	if !errors.As(err, &held) || held.PID != other.Process.Pid {
		t.Errorf("while the other lives (pid %d): %v", other.Process.Pid, err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	if _, err := os.Lstat(filepath.Join(dir, socketName)); err != nil {
		t.Errorf("a killed process should leave its socket: %v", err)
	}
	serve(t, dir, &fakeHost{})
	if _, err := NewClient(dir).Status(t.Context()); err != nil {
		t.Errorf("after the other was killed: %v", err)
	}
}

// A pipe in the place of the file that holds the socket's path, or the process, holds up no client.
func TestPipesInTheDataFolder(t *testing.T) {
	dir := folder(t)
	for _, name := range []string{pointerName, lockName} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Skip(err)
		}
	}
	var notRunning *NotRunningError
	if _, err := NewClient(dir).Status(t.Context()); !errors.As(err, &notRunning) {
		t.Errorf("got %v", err)
	}
	if err := NewClient(dir).noAnswer(); !strings.Contains(err.Error(), "pid unknown") {
		t.Errorf("got %v", err)
	}
}
