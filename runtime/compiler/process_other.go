//go:build !unix

package compiler

import "os/exec"

// apart does nothing: a process that is to end is killed here.
func apart(*exec.Cmd) {}

// behindOthers does nothing: the standard library has no priorities here.
func behindOthers(int) {}
