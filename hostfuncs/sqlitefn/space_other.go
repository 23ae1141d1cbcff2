//go:build !linux && !darwin

package sqlitefn

// diskFull cannot tell on this system; a failed write stays an I/O error.
func diskFull(string) bool { return false }
