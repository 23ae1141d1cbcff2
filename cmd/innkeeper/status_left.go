package main

import (
	"fmt"
	"time"

	"innkeeper/runtime/admin"
)

// left says what instances left behind: what the host has taken over from them, and what is in the logs of databases that are
// closed.
func left(status admin.Status, now time.Time) (texts []string) {
	for _, l := range status.TakenOver.Held {
		texts = append(texts, oneLine(fmt.Sprintf("%s: generation %d could not be closed in time; the host has been closing it for %s: %s",
			l.Adapter, l.Generation, shortDuration(now.Sub(l.Since)), l.What)))
	}
	for _, adapter := range status.Adapters {
		if n := adapter.Storage.LeftInLogsBytes; n > 0 {
			texts = append(texts, fmt.Sprintf("%s: %d bytes left in write-ahead logs; the next open takes them from there", adapter.Name, n))
		}
	}
	return texts
}
