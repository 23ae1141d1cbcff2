package admin

import (
	"os"
	"runtime"
	"testing"
)

func TestProcessNow(t *testing.T) {
	before := ProcessNow()
	if before.PID != os.Getpid() || before.Goroutines < 1 {
		t.Errorf("%+v", before)
	}
	if runtime.GOOS == "linux" && before.RSSBytes < 1<<20 {
		t.Errorf("%d bytes resident", before.RSSBytes)
	}
	if before.FDs == unknown {
		t.Skip("this system does not tell how many descriptors are open")
	}
	for range 5 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if now := ProcessNow(); now.FDs != before.FDs+5 {
		t.Errorf("%d descriptors, with five more %d", before.FDs, now.FDs)
	}
}
