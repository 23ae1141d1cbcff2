package machine

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

func files(texts map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range texts {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestGroupMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none": {nil, 0},
		"no bound": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/me\n", "sys/fs/cgroup/user.slice/me/memory.max": "max\n",
		}, 0},
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/me\n", "sys/fs/cgroup/user.slice/me/memory.max": "134217728\n",
		}, 128 << 20},
		"a group around it": {map[string]string{
			"proc/self/cgroup": "0::/a/b/c\n", "sys/fs/cgroup/a/b/c/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "1000\n",
		}, 1000},
		"in a container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "5000\n"}, 5000},
		"version 1": {map[string]string{
			"proc/self/cgroup": "5:cpu:/x\n4:hugetlb,memory:/docker/1\n",
			"sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "7000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          "9223372036854771712\n",
		}, 7000},
		"nonsense": {map[string]string{"proc/self/cgroup": "0::\n::\nx\n", "sys/fs/cgroup/memory.max": "many"}, 0},
		"outside":  {map[string]string{"proc/self/cgroup": "0::/../../../etc\n"}, 0},
	} {
		if got := groupMemory(files(c.files)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := groupMemory(nil); got != 0 {
		t.Errorf("without control groups: %d", got)
	}
}

// The smaller of what is built in and what is allowed counts.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		physical, allowed, want int64
		group                   bool
	}{{100, 0, 100, false}, {100, 50, 50, true}, {100, 200, 100, false}, {0, 50, 50, true}, {0, 0, 0, false}} {
		m := Machine{Memory: c.physical}
		if m.bound(c.allowed); m.Memory != c.want || m.Group != c.group {
			t.Errorf("%+v: %+v", c, m)
		}
	}
}

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") != "" {
		if Look().Descriptors != 64 {
			t.Errorf("%+v", Look())
		}
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("the figures are of Linux")
	}
	if m := Look(); m.Memory < 64<<20 || m.Memory > 1<<50 {
		t.Errorf("%+v", m)
	}
	limited := exec.Command("sh", "-c", `ulimit -n 64 && exec "$0" -test.run=TestLook`, os.Args[0])
	limited.Env = append(os.Environ(), "LOOK=1")
	if out, err := limited.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v: %s", err, out)
	}
}
