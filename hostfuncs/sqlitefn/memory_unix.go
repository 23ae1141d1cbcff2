//go:build unix

package sqlitefn

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// forbid makes every access to the memory a fault.
func forbid(memory []byte) error { return unix.Mprotect(memory, unix.PROT_NONE) }

// release gives the memory back to the system. Nothing may use it any more.
func release(memory []byte) error {
	if err := unix.Munmap(memory); err != nil {
		return fmt.Errorf("memory of the connection: %w", err)
	}
	return nil
}
