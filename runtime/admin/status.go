// Package admin is how an operator talks to the running host: over a unix socket in the data folder, in JSON.
//
// It owns the socket, the form of status and metrics, and the client for both ends. It knows the host only through the
// interface that it declares, and holds no secret.
package admin

import "time"

// Status is what the host says of itself. Its JSON form is stable: fields may be added, none changes its meaning.
type Status struct {
	Adapters []Adapter `json:"adapters"`
	// TakenOver is what instances could not close in time.
	TakenOver TakenOver `json:"taken_over"`
	House     House     `json:"house"`
	Process   Process   `json:"process"`
}

// House is what all adapters share, and what did not get through.
type House struct {
	Budgets []Budget `json:"budgets"`
	// LogDropped counts lines of the log that nobody read in time.
	LogDropped uint64 `json:"log_dropped"`
	// ReadsHanging and ReadsGivenUp count calls into file systems that did not answer in time: those that hang now, and all.
	ReadsHanging int64 `json:"reads_hanging"`
	ReadsGivenUp int64 `json:"reads_given_up"`
}

// Budget is an amount that all adapters share.
type Budget struct {
	// Name is "memory", "bytes_in_flight" or "descriptors"; more may come.
	Name string `json:"name"`
	// Unit is "bytes", or what is counted.
	Unit string `json:"unit"`
	// Used of Limit is taken now, and at most Peak was.
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
	Peak  int64 `json:"peak"`
	// Short counts how often somebody asked for more than there was.
	Short int64 `json:"short"`
	// Origin says where the limit comes from.
	Origin string `json:"origin"`
}

// Adapter is one slot.
type Adapter struct {
	Name  string `json:"name"`
	State string `json:"state"`
	// Reason is a sentence for the operator; empty where the state says all.
	Reason string `json:"reason"`
	// Since is when the state was entered.
	Since time.Time `json:"since"`
	// Generation is the number of the current or last instance; 0 if there was none.
	Generation uint64 `json:"generation"`
	// Predecessor is the generation that finishes its work beside the current one; 0 if there is none.
	Predecessor uint64 `json:"predecessor"`
	// Attempts counts the runs that ended badly in a row.
	Attempts int `json:"attempts"`
	// NextAttempt is when the next run starts; null unless the state is backoff.
	NextAttempt *time.Time `json:"next_attempt"`
	// Attention is true when so many runs failed in a row that a person should look.
	Attention bool `json:"attention"`
	// LastError is how the last bad run ended, and when; empty and null if none did.
	LastError   string     `json:"last_error"`
	LastErrorAt *time.Time `json:"last_error_at"`
	// Update is what became of the last change, as long as it is not in force: "waiting", "starting", or "refused: " and why,
	// while what ran before goes on; empty otherwise.
	Update string `json:"update"`
	// Listen is the address that the adapter is served at; empty if there is no listener.
	Listen  string  `json:"listen"`
	Module  string  `json:"module"`
	Handles Handles `json:"handles"`
	Storage Storage `json:"storage"`
}

// Storage is what an adapter has stored, as it was seen last.
type Storage struct {
	// UsedBytes of LimitBytes is taken by the files in the adapter's folder. Both are 0 before it opened anything.
	UsedBytes  int64 `json:"used_bytes"`
	LimitBytes int64 `json:"limit_bytes"`
	// LeftInLogsBytes is how much of it are write-ahead logs of closed databases, which the next open goes on from.
	LeftInLogsBytes int64 `json:"left_in_logs_bytes"`
}

// StateUnknown is shown of an adapter that did not say in time what it does.
const StateUnknown = "unknown"

// TakenOver is what instances could not close in time, because something hangs that the host cannot end. The host closes it in
// the background.
type TakenOver struct {
	// Total counts the instances that ever left something.
	Total uint64 `json:"total"`
	// Held is what is not closed yet, oldest first.
	Held []Leftover `json:"held"`
}

// Leftover is what one instance left.
type Leftover struct {
	Adapter    string    `json:"adapter"`
	Generation uint64    `json:"generation"`
	What       string    `json:"what"`
	Since      time.Time `json:"since"`
}

// Handles counts over all generations of a slot: opened = closed + failed + taken over + the sum of open, or something leaked.
type Handles struct {
	// Open is by kind, kinds without an open handle left out.
	Open   map[string]int `json:"open"`
	Opened uint64         `json:"opened"`
	Closed uint64         `json:"closed"`
	Failed uint64         `json:"failed"`
	// TakenOver is how many the host closes in the background now, because they could not be closed in time.
	TakenOver int `json:"taken_over"`
	// Kinds has the totals by kind.
	Kinds map[string]HandleTotals `json:"kinds"`
}

// HandleTotals are the totals of one kind of handle.
type HandleTotals struct {
	Opened uint64 `json:"opened"`
	Closed uint64 `json:"closed"`
	Failed uint64 `json:"failed"`
	// TakenOver is how many of them the host closes in the background now.
	TakenOver int `json:"taken_over"`
}

// Process is the host's own process.
type Process struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// Boot tells one life of the process from another.
	Boot string `json:"boot"`
	// FDs is the number of open descriptors, -1 where the system does not tell.
	FDs        int `json:"fds"`
	Goroutines int `json:"goroutines"`
	// RSSBytes is the resident memory, -1 where the system does not tell.
	RSSBytes int64  `json:"rss_bytes"`
	Config   string `json:"config"`
	DataDir  string `json:"data_dir"`
}
