// Package run is how the events of one run of the agent reach those who read along: several readers at once, each over a
// transport of its own, that come late or leave early.
//
// It owns the list of readers and the form of what they get. It must not know what the events mean, what carries them, nor
// where those of the past are kept: whoever has a [Readers] shows a late reader the past before it adds it.
//
// Everything belongs to the loop.
package run
