package sdktest

import (
	"bytes"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/poller"
)

// forward moves the events of the sandbox's own host into the mailbox of a test's, until it is stopped.
func forward(from abi.Event, to *mailbox) (stop func()) {
	ended := make(chan struct{})
	p := poller.New()
	p.Arm(time.Time{})
	stopping := false // a guest has one thread
	go func() {
		defer close(ended)
		for !stopping && p.Wait() == nil {
			moveAll(from, to)
		}
	}()
	return func() {
		stopping = true
		p.Wake()
		<-ended
	}
}

func moveAll(from abi.Event, to *mailbox) {
	buffer := make([]byte, 4096)
	for {
		size := int(from.Recv(buffer))
		switch {
		case size < 0:
			return
		case size > len(buffer):
			buffer = make([]byte, size)
		default:
			to.put(bytes.Clone(buffer[:size]))
		}
	}
}
