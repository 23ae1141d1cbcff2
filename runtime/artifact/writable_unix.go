//go:build unix

package artifact

import "io/fs"

// worldWritable reports whether every user of the system may write it.
func worldWritable(info fs.FileInfo) bool { return info.Mode().Perm()&0o002 != 0 }
