package compiler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/safetext"
)

// spies are other processes that do not compile.
var spies = map[string]func() int{
	"environment": func() int { return reply(os.Stdout, answer{Refused: fmt.Sprintf("has %q", os.Environ())}) },
	"descriptors": func() int { return reply(os.Stdout, answer{Refused: fmt.Sprintf("has %q", descriptors())}) },
	"other":       func() int { return reply(os.Stdout, answer{Program: "another build"}) },
	"crash": func() int {
		fmt.Fprintln(os.Stderr, "\x1b[31mpanic: red"+strings.Repeat("!", 1<<20))
		return 2
	},
	"forge": func() int {
		return reply(os.Stdout, answer{Refused: "\x1b[31mred\nlevel=ERROR" + strings.Repeat("!", 32<<10)})
	},
	"babble":  func() int { _, err := io.WriteString(os.Stdout, strings.Repeat("x", 4<<20)); return failed(err) },
	"nothing": func() int { return 0 },
	"standing": func() int {
		_, err := io.ReadFull(os.Stdin, make([]byte, 1)) // the module comes when all is set up
		if err := errors.Join(err, confine(1<<30, os.Stdout)); err != nil {
			return failed(err)
		}
		return reply(os.Stdout, answer{Refused: standing()})
	},
	"suicide": func() int {
		self, err := os.FindProcess(os.Getpid())
		return failed(errors.Join(err, self.Kill(), wait()))
	},
	"bounded": func() int { // must not come to its end
		if err := bound(64 << 20); err != nil {
			return failed(err)
		}
		return reply(os.Stdout, answer{Refused: fmt.Sprint("has ", len(make([]byte, 512<<20)))})
	},
	"watched": func() int { // nor must this one
		go watch(64<<20, os.Stdout)
		var taken [][]byte
		for range 64 {
			taken = append(taken, make([]byte, 8<<20))
			time.Sleep(2 * watchEvery)
		}
		return reply(os.Stdout, answer{Refused: fmt.Sprint("has ", len(taken))})
	},
	"deaf": func() int { // ends by a kill only
		time.Sleep(time.Hour)
		return 0
	},
	"replaced": func() int { // compiles after its file was removed
		path, err := os.Executable()
		if err == nil {
			err = os.Remove(path)
		}
		if err == nil {
			err = passOn(os.Args[2:])
		}
		return reply(os.Stdout, answer{Refused: fmt.Sprint("removed: ", err)})
	},
}

// passOn gives the job that this process got to another one.
func passOn(args []string) error {
	job, size, err := readOrder(args)
	if err != nil {
		return err
	}
	job.Wasm, job.Time = make([]byte, size), time.Minute
	if _, err := io.ReadFull(os.Stdin, job.Wasm); err != nil {
		return err
	}
	return process().Compile(context.Background(), job)
}

func failed(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// wait reads until the pipe is closed.
func wait() error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// descriptors are those above standard error that lead somewhere, but for what Go's runtime opens by itself.
func descriptors() (open []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if len(e.Name()) > 1 || e.Name() > "2" {
			if err == nil && !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/proc/") && !strings.HasPrefix(target, "/sys/fs/cgroup/") {
				open = append(open, target)
			}
		}
	}
	return open
}

func spied(t *testing.T, spy string) error {
	t.Helper()
	return (&Process{Args: []string{spy}}).Compile(t.Context(), jobOf(t, small()))
}

// Whatever the host holds (secrets in its environment, databases, sockets), the process that works on a stranger's module has none.
func TestTheProcessGetsNothing(t *testing.T) {
	t.Setenv("INNKEEPER_TEST_SECRET", "not for strangers")
	if err := spied(t, "environment"); err == nil || err.Error() != "has []" {
		t.Errorf("environment: %v", err)
	}
	if err := spied(t, "descriptors"); err == nil || err.Error() != "has []" {
		t.Errorf("descriptors: %v", err)
	}
}

func TestAnswersOfAnotherBuild(t *testing.T) {
	if err := spied(t, "other"); !errors.Is(err, errOtherProgram) || !artifact.Temporary(err) {
		t.Errorf("%v", err)
	}
}

// What it says may come from the module, such as the name of a function.
func TestWhatItSaysIsMadeSafe(t *testing.T) {
	for _, spy := range []string{"crash", "forge"} {
		err := spied(t, spy)
		if err == nil || artifact.Temporary(err) {
			t.Fatalf("%s: %v", spy, err)
		}
		text := err.Error()
		if len(text) > lineBytes+len(safetext.Cut)+64 || strings.ContainsAny(text, "\x1b\n") || !strings.Contains(text, `\x1b[31m`) {
			t.Errorf("%s: %d bytes: %.80q", spy, len(text), text)
		}
	}
}

// An end that nobody asked for may have to do with the machine, and not with the module.
func TestEndsWithoutAnAnswer(t *testing.T) {
	if err := spied(t, "suicide"); !errors.Is(err, artifact.ErrNoCompiler) || !artifact.Temporary(err) {
		t.Errorf("killed: %v", err)
	}
	for _, spy := range []string{"nothing", "babble"} {
		if err := spied(t, spy); err == nil {
			t.Errorf("%s passes for success", spy)
		}
	}
}

// A module that did not get its time on a processor has not shown that it needs more.
func TestABusyMachineIsNoFaultOfTheModule(t *testing.T) {
	job := jobOf(t, small())
	job.Time = time.Second
	err := (&Process{Args: []string{"deaf"}}).Compile(t.Context(), job)
	if !errors.Is(err, artifact.ErrNoCompiler) || !artifact.Temporary(err) || !strings.Contains(err.Error(), "compile_time") {
		t.Errorf("%v", err)
	}
}

// The process ends with the one that it works for, also if that one was killed: the pipe is closed then.
func TestEndsWithItsHost(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	job := unmetered(t, costly(t, 20_000))
	for what, sent := range map[string][]byte{"in the middle of the module": job.Wasm[:1000], "while it compiles": job.Wasm} {
		cmd := exec.Command(self, append([]string{asCompiler}, order(job)...)...)
		module, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, err = module.Write(sent)
		if err := errors.Join(err, module.Close()); err != nil {
			t.Fatal(err)
		}
		if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitOrphan {
			t.Errorf("%s: %v", what, cmd.ProcessState)
		}
	}
}

// Where no system bounds the memory, the process does it itself.
func TestTheProcessBoundsItself(t *testing.T) {
	var more *artifact.NeedsMoreError
	if err := spied(t, "watched"); !errors.As(err, &more) {
		t.Errorf("%v", err)
	}
}

func TestNoMoreIsKeptThanBounded(t *testing.T) {
	b := bounded{most: 10}
	for range 3 {
		if n, err := b.Write([]byte("1234567")); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if string(b.text) != "1234567123" {
		t.Errorf("%q", b.text)
	}
}
