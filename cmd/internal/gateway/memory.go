package gateway

import (
	"errors"
	"fmt"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/supervisor"
)

// ErrMemory means that a guest begins with more memory than all guests together may have, so that no attempt can go well.
var ErrMemory = errors.New("too little memory")

// fits is an error if a guest that begins with so much memory cannot run even where it is alone.
func fits(begins, memory int64) error {
	if begins <= memory {
		return nil
	}
	return fmt.Errorf(
		"%w: the module begins with %s, and all guests together may have %s; raise memory in [limits], or build the module with a smaller initial memory",
		ErrMemory, budget.Bytes(begins), budget.Bytes(memory))
}

// programFits is fits for a program that was made, within the memory of a configuration.
func programFits(program *engine.Program, conf *config.Config) error {
	return fits(program.Begins(), conf.Limits.Memory)
}

// CheckMemory is an error if an adapter's module begins with more memory than a configuration has for all guests together.
func CheckMemory(host *artifact.Host, conf *config.Config, a *artifact.Artifact) error {
	admitted, err := host.Admit(a)
	if err != nil {
		return err
	}
	return fits(admitted.Begins(), conf.Limits.Memory)
}

// hasRoomNow reports whether a slot failed because all guests together might have less than its guest begins with, and may have
// that much in a configuration: then it is worth another attempt, though nothing of the adapter itself has changed.
func (g *Gateway) hasRoomNow(s *slot, conf *config.Config) bool {
	made := s.wanted().made()
	return made != nil && s.super.Status().State == supervisor.Failed &&
		fits(made.Begins(), g.house.memory.Use().Limit) != nil && programFits(made.Program, conf) == nil
}
