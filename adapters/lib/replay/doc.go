// Package replay is one log of numbered events with many readers, each at its own place and pace.
//
// What is appended to a [Log] goes to everybody who reads it: first what was there before a reader came, as fast as that
// reader takes it, then what follows. A reader that takes nothing for a while holds up nobody and is handed the rest when
// it asks again. So the log is all there is between who says something once and clients that come late, leave early, come
// back, and read slowly.
//
// The package owns the places of the readers, and how long an event stays in memory. It must not know what an event means,
// what carries it (a [Sink] does), nor where those are kept that left the memory (a [Past] does).
//
// Everything belongs to one event loop.
package replay
