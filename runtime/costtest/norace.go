//go:build !race

package costtest

// raced is whether the race detector is built in.
const raced = false
