//go:build !unix

package ordinaryfile

import "os"

// openFlags are those of any file: these systems have no pipes with names in the file system. Links are found out by looking at the
// name.
func openFlags(Links) int { return os.O_RDONLY }
