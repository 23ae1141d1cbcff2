//go:build !unix

package artifact

import "io/fs"

// worldWritable is not to be seen here: who may write is not in the mode of a file.
func worldWritable(fs.FileInfo) bool { return false }
