package main

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// silent is a file that says it is an ordinary one and does not answer: the kernel's log, once all of it was read. Only a privileged
// user may read it, and not in every container.
func silent(t *testing.T) string {
	t.Helper()
	const path = "/proc/kmsg"
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Close(fd)
	for buffer := make([]byte, 8<<10); err == nil; {
		_, err = syscall.Read(fd, buffer)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Skip(err)
	}
	return path
}

// Neither a start nor a reload that waits for a file keeps the process from ending, nor from saying its status.
func TestAFileThatDoesNotAnswer(t *testing.T) {
	const mine = "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n[agent]\nkind = \"openai\"\napi_key = "
	sh := newShell(t)
	sh.quiet()
	waits := mine + "\"file:" + silent(t) + "\"\n"
	sh.write("innkeeper.toml", waits)
	if code := sh.ends(sh.start("run"), os.Interrupt); code != exOK {
		t.Errorf("a start that waits ended with %d", code)
	}
	sh.write("innkeeper.toml", mine+"\"key\"\n")
	s := sh.runs()
	sh.write("innkeeper.toml", waits)
	sh.signals <- syscall.SIGHUP
	until(t, "the reload has begun", func() bool { return len(sh.signals) == 0 })
	sh.want(exOK, []string{"status"}, "connected")
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}
