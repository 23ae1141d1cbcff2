// Package machine says what the machine has for this process: memory and descriptors.
//
// It owns the asking. It must not know what becomes of the figures.
package machine

import "io/fs"

// Machine is what a process may have of the machine that it runs on.
type Machine struct {
	// Memory is how much there is, in bytes, 0 if the system does not tell; Group reports whether a control group bounds it and not
	// what is built in.
	Memory int64
	Group  bool
	// Descriptors is how many the process may have open, 0 if there is no bound that the system tells.
	Descriptors int
}

// Look asks the system.
func Look() Machine {
	m := Machine{Memory: physicalMemory(), Descriptors: descriptorLimit()}
	m.bound(groupMemory(systemRoot()))
	return m
}

// bound applies what a control group allows.
func (m *Machine) bound(allowed int64) {
	if allowed > 0 && (m.Memory == 0 || allowed < m.Memory) {
		m.Memory, m.Group = allowed, true
	}
}

// groupMemory is the least that the control groups around this process allow it, 0 if they allow all. Either version counts.
// https://docs.kernel.org/admin-guide/cgroup-v2.html https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
func groupMemory(root fs.FS) int64 {
	if root == nil {
		return 0
	}
	least := int64(0)
	for _, folder := range groups(root) {
		for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
			if allowed := readNumber(root, folder+"/"+name); allowed > 0 && (least == 0 || allowed < least) {
				least = allowed
			}
		}
	}
	return least
}
