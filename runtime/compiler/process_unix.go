//go:build unix

package compiler

import (
	"os/exec"
	"syscall"
)

// apart puts the process into a group of its own, so that a terminal's Ctrl-C reaches the host alone, which ends it in order.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// niceness lets requests go before a compilation that nobody waits for at a client's end.
const niceness = 10

// behindOthers lowers the priority of all threads of the process; that is not worth an error.
func behindOthers(pid int) { _ = syscall.Setpriority(syscall.PRIO_PGRP, pid, niceness) }
