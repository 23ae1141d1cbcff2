//go:build !linux

package compiler

// keepDescriptors does nothing: what was inherited is inherited.
func keepDescriptors() {}

// giveWay does nothing: only Linux lets a process offer itself.
func giveWay() {}

// bound does nothing: no other system bounds what Go asks for, so the process watches itself.
func bound(int64) error { return nil }
