//go:build !linux

package main

// cpuModel is not known here.
func cpuModel() string { return "" }
