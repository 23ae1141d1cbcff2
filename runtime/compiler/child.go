package compiler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/module"
)

// Main is the other process: it reads a module from in, compiles it, and writes an answer to out, or to errs why it did not begin. It returns the exit code. What
// it does is bounded from the first byte of the module on.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	job, size, err := readOrder(args)
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitUsage
	}
	if err := confine(job.Memory, out); err != nil {
		fmt.Fprintln(errs, err)
		return exitUsage
	}
	job.Wasm = make([]byte, size)
	if _, err := io.ReadFull(in, job.Wasm); err != nil {
		return exitOrphan
	}
	go endWith(in) // ends with the process
	return reply(out, compile(job))
}

// confine binds the process to what it may have, before it has anything of a stranger.
func confine(memory int64, out io.Writer) error {
	giveWay()
	debug.SetMemoryLimit(memory - memory/collectShare)
	go watch(memory, out) // ends with the process
	return bound(memory)
}

// Exit codes.
const (
	exitUsage  = 64 // called by somebody else
	exitOrphan = 75 // whoever called is gone
)

// collectShare is the last part of the memory, an eighth, at which garbage is collected all the time, before more is refused. Until then
// Go's own pace is right: nearly all that the compiler has stays in use, and with more collections it takes as much.
const collectShare = 8

// compile does the job. The program that comes of it is not closed: the process ends.
func compile(job artifact.Job) (a answer) {
	cfg := engine.Config{
		Wasm: job.Wasm, MemoryPages: job.Pages, Interpreter: job.Folder == "",
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	}
	var err error
	if a.Program, err = artifact.ProgramID(); err != nil {
		return answer{NoRoom: err.Error()}
	}
	if !cfg.Interpreter {
		if cfg.Cache, err = wazero.NewCompilationCacheWithDir(job.Folder); err != nil {
			return answer{NoRoom: err.Error()}
		}
	}
	_, err = engine.Compile(context.Background(), cfg)
	var path *fs.PathError
	switch {
	case err == nil:
	case errors.Is(err, syscall.ENOMEM):
		a.Memory = true
	case errors.As(err, &path), errors.Is(err, syscall.ENOSPC):
		a.NoRoom = err.Error()
	default:
		a.Refused = err.Error()
	}
	return a
}

func reply(out io.Writer, a answer) int {
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return exitOrphan
	}
	return 0
}

// endWith ends the process with the one that started it, whose end of the pipe closes then.
func endWith(in io.Reader) {
	_, _ = io.Copy(io.Discard, in)
	os.Exit(exitOrphan)
}

// watchEvery is the time between two looks at the memory: a compiler takes some 10 MB in that.
const watchEvery = 5 * time.Millisecond

// watch ends the process when it has more memory than it may. The system's bound, where there is one, is behind it: this one answers
// in words, and is the only one elsewhere.
func watch(most int64, out io.Writer) {
	for range time.Tick(watchEvery) {
		if inUse() > uint64(most) {
			os.Exit(reply(out, answer{Memory: true}))
		}
	}
}

// inUse is the memory that Go's runtime has from the system.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
