//go:build race

package costtest

// raced is whether the race detector is built in, whose own memory and time would be counted.
const raced = true
