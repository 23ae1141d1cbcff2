//go:build !linux

package compiler

import "os"

// self is the program that runs. Its answer says which build it was, in case the file was replaced.
func self() (string, error) { return os.Executable() }

// keepDescriptors does nothing: what was inherited is inherited.
func keepDescriptors() {}

// giveWay does nothing: only Linux lets a process offer itself.
func giveWay() {}

// bound does nothing: no other system bounds what Go asks for, so the process watches itself.
func bound(int64) error { return nil }
