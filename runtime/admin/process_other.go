//go:build !linux && !darwin

package admin

func openDescriptors() int { return unknown }

func residentBytes() int64 { return unknown }
