package admin

import "time"

// Change is one thing that happened to an adapter. Its JSON form is stable, as that of [Status] is.
type Change struct {
	// Boot tells one life of the process from another; Number counts its changes.
	Boot   string    `json:"boot"`
	Number uint64    `json:"number"`
	Time   time.Time `json:"time"`
	// Code is the state that was entered, "update_waiting", "update_starting", "update_refused" or "update_over",
	// "predecessor_ended", "changed", or one of those below.
	Code string `json:"code"`
	// Adapter is how it is now.
	Adapter Adapter `json:"adapter"`
	// Missed is how many changes a reader was too slow for, in the place of which this one stands.
	Missed uint64 `json:"missed,omitempty"`
}

// Codes of changes that are no state of an adapter.
const (
	ChangeGap     = "gap"
	ChangeRemoved = "removed"
)
