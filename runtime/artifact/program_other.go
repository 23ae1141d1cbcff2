//go:build !linux

package artifact

import "os"

// ProgramPath leads to the program that runs, unless its file was replaced meanwhile.
func ProgramPath() (string, error) { return os.Executable() }
