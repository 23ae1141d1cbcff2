//go:build !unix

package artifact

import (
	"io/fs"
	"os"
)

// openFlags are those of any file: these systems have no pipes with names in the file system. Links are found out by
// looking at the name.
func openFlags(bool) int { return os.O_RDONLY }

// worldWritable is not to be seen here: who may write is not in the mode of a file.
func worldWritable(fs.FileInfo) bool { return false }
