// Package limits holds the numbers that bound guests, clients and the host
// itself: each with its unit and the reason for it, one file per part of the
// host. It knows nothing but numbers, so every package may use it.
package limits
