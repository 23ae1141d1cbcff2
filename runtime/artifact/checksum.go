package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checksumSize is the size of a checksum, in bytes.
const checksumSize = crc32.Size

// A checksum finds damage, not malice: whoever can write to the folder can write another checksum as well. Of this kind it finds
// every flipped bit, and is computed as fast as a disk is read.
func newChecksum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

func checksum(content []byte) [checksumSize]byte {
	sum := newChecksum()
	_, _ = sum.Write(content) // never fails: see hash.Hash
	return sumOf(sum)
}

func sumOf(sum hash.Hash32) (bytes [checksumSize]byte) {
	binary.BigEndian.PutUint32(bytes[:], sum.Sum32())
	return bytes
}

// folderChecksum is that of all files in a folder and below, with their names and sizes.
func folderChecksum(folder string) ([checksumSize]byte, error) {
	sum := newChecksum()
	if _, err := os.Stat(folder); err != nil {
		return sumOf(sum), err
	}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		size, err := io.Copy(sum, file)
		fmt.Fprintf(sum, "\n%d %s\n", size, path[len(folder):])
		return err
	})
	return sumOf(sum), err
}

// writeFile writes a file whole or not at all.
func writeFile(path string, parts ...[]byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // it is not there any more if all went well
	for _, part := range parts {
		if err == nil {
			_, err = file.Write(part)
		}
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
