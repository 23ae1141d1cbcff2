package limits

import "time"

// How the drop-in folder is watched.
const (
	// WatchSettle is how long the folder must stay as it is before what lies there is read. A copy writes many times a second,
	// also over a network; half a second is still what a person calls at once.
	WatchSettle = 500 * time.Millisecond

	// WatchPoll is the time between two looks at the folder where the system sends no notice. A look is one system call for each file.
	WatchPoll = 5 * time.Second

	// WatchLook is the longest that one look may take: a folder on a share that is there answers in milliseconds.
	WatchLook = 2 * time.Second

	// WatchPatience is the longest that a file which goes on changing keeps the others from being read.
	WatchPatience = time.Minute
)
