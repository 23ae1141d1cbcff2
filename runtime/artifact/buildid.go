package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/tetratelabs/wazero"
)

// ProgramID identifies the program that runs, by what it is and not by when its file was written: what one build has made of a
// module another build may make otherwise.
func ProgramID() (string, error) {
	path, err := ProgramPath()
	if err != nil {
		return "", err
	}
	build, err := buildID(path)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, build)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintln(hash, info) // versions, settings and revision of the source
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// buildName names what code was made by and for: this program, on a machine like this one. It needs a folder to find that out.
func buildName(folder string) (string, error) {
	program, err := ProgramID()
	if err != nil {
		return "", err
	}
	machine, err := machineID(folder)
	return program + "-" + machine, err
}

// machineID identifies what the engine makes code for, by the name that the engine itself gives to an empty module in its cache. With
// a folder that comes from another kind of machine the engine would find nothing under the name that it looks for, and compile.
func machineID(folder string) (id string, err error) {
	ctx := context.Background()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if folder, err = os.MkdirTemp(folder, "machine-"); err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	cache, err := wazero.NewCompilationCacheWithDir(folder)
	if err != nil {
		return "", err
	}
	defer cache.Close(ctx)
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer runtime.Close(ctx)
	if _, err := runtime.CompileModule(ctx, []byte("\x00asm\x01\x00\x00\x00")); err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, path := range filesBelow(folder) { // none where there is no compiler
		fmt.Fprintln(hash, filepath.Base(filepath.Dir(path)), filepath.Base(path))
	}
	return hex.EncodeToString(hash.Sum(nil)[:4]), nil
}

// buildIDWithin is how far from the start of a program its build id lies, in bytes: the linker puts it into the first page.
const buildIDWithin = 64 << 10

// buildID reads the id that Go's linker wrote into a program, whose last part is a hash of the content. A program that was linked
// without one is hashed as a whole, which takes some ten times as long.
func buildID(path string) (id string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	head := make([]byte, buildIDWithin)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	if id := linkedID(head[:n]); id != "" {
		return id, nil
	}
	hash := sha256.New()
	hash.Write(head[:n])
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// linkedID finds the id as it stands in an ELF note, or at the start of the code in other formats.
// https://go.dev/src/cmd/internal/buildid/buildid.go
func linkedID(head []byte) string {
	const (
		note   = "\x04\x00\x00\x00Go\x00\x00" // type and owner, behind the lengths of both texts
		prefix = "\xff Go build ID: \""
		suffix = "\"\n \xff"
	)
	if at := bytes.Index(head, []byte(note)); at >= 4 {
		length := uint64(binary.LittleEndian.Uint32(head[at-4:]))
		if text := head[at+len(note):]; length <= uint64(len(text)) {
			return string(text[:length])
		}
	}
	if _, text, found := bytes.Cut(head, []byte(prefix)); found {
		if id, _, found := bytes.Cut(text, []byte(suffix)); found {
			return string(id)
		}
	}
	return ""
}
