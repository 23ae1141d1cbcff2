//go:build !linux && !darwin

package machine

import "io/fs"

func systemRoot() fs.FS { return nil }

// physicalMemory is not asked for here.
func physicalMemory() int64 { return 0 }
