package artifact

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// programID identifies the program that runs, by what it is and not by when its file was written: what one build has made of a
// module another build may make otherwise.
func programID() (string, error) {
	path, err := os.Executable()
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
