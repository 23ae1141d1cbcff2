// Package machinefaults holds tests of the real process on a machine in trouble: few descriptors, a full disk, little memory,
// signals at any time, kills. They need minutes, and some of them root; `make faults` runs them all, `.ci/run` a short form.
//
// It owns nothing but tests. They know the process as an operator does: a command line, a configuration, signals, a status.
package machinefaults
