package compiler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/safetext"
)

// What a process may say, in bytes. An error of the engine is a line; a crash of Go begins with the reason.
const (
	answerBytes = 64 << 10
	stderrBytes = 16 << 10
	lineBytes   = 1 << 10
)

// answer is what the process says in the end.
type answer struct {
	Program string // that compiled
	Refused string // what the engine has against the module
	Memory  bool   // more of it was needed
	NoRoom  string // why the code could not be written
}

// readAnswer reads the one answer of a process that came to its end by itself.
func readAnswer(text []byte) (a answer, ok bool) {
	return a, json.NewDecoder(bytes.NewReader(text)).Decode(&a) == nil
}

// errOtherProgram cannot be mended by this process: what another build compiles, this one does not load.
var errOtherProgram = errors.New("the program was replaced while it ran; restart it")

func (a *answer) judge(job artifact.Job) error {
	program, err := artifact.ProgramID()
	switch {
	case a.Memory:
		return &artifact.NeedsMoreError{Memory: job.Memory}
	case a.NoRoom != "":
		return fmt.Errorf("%w: %s", artifact.ErrNoRoom, safetext.Line(a.NoRoom, lineBytes))
	case a.Refused != "":
		return errors.New(safetext.Line(a.Refused, lineBytes))
	case err != nil:
		return fmt.Errorf("%w: %w", artifact.ErrNoCompiler, err)
	case a.Program != program:
		return fmt.Errorf("%w: %w", artifact.ErrNoCompiler, errOtherProgram)
	}
	return nil
}

// order is a job as arguments, without the module.
func order(job artifact.Job) []string {
	return []string{strconv.Itoa(len(job.Wasm)), strconv.FormatUint(uint64(job.Pages), 10), strconv.FormatInt(job.Memory, 10), job.Folder}
}

// readOrder reads the arguments.
func readOrder(args []string) (job artifact.Job, size int, err error) {
	if len(args) != 4 {
		return job, 0, fmt.Errorf("%d arguments, wanted SIZE PAGES MEMORY FOLDER", len(args))
	}
	size, sizeErr := strconv.Atoi(args[0])
	pages, pagesErr := strconv.ParseUint(args[1], 10, 32)
	memory, memoryErr := strconv.ParseInt(args[2], 10, 64)
	job.Pages, job.Memory, job.Folder = uint32(pages), memory, args[3]
	return job, size, errors.Join(sizeErr, pagesErr, memoryErr)
}

// outOfMemory is what Go, or its race detector, says when it got no more memory from the system. The last is Go's own runtime that
// stumbles over what it did not get: in any other code that would have been a panic, which is caught.
func outOfMemory() []string {
	return []string{"runtime: out of memory", "cannot allocate memory", "failed to allocate", "SIGSEGV: segmentation violation"}
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	text []byte
	most int
}

// Write implements io.Writer. It takes everything, so that whoever writes does not wait.
func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), b.most-len(b.text))]...)
	return len(p), nil
}

func (b *bounded) tells(words ...string) bool {
	for _, word := range words {
		if bytes.Contains(b.text, []byte(word)) {
			return true
		}
	}
	return false
}

// line is the first line.
func (b *bounded) line() []byte {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b.text), []byte("\n"))
	return line
}
