package costtest

import (
	"bufio"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var countSteps = flag.Bool("steps", false, "count the steps of every test of cost")

// packages have tests of cost, and are what is counted in: the code of the house and what parses for it.
var packages = []string{
	"runtime/agent/echo/sample", "runtime/agent/openaiagent", "runtime/tomldoc", "runtime/manifest", "hostfuncs/agentfn", "hostfuncs/logfn",
	"adapters/apiserver/api",
}

// counted is where steps are counted: in all of this module, and in what reads for it.
const counted = "innkeeper/...,github.com/BurntSushi/toml"

// TestSteps counts how often blocks of code are executed, by coverage, in every test named TestCost of the packages.
func TestSteps(t *testing.T) {
	if !*countSteps {
		t.Skip("run it with -args -steps: it builds everything anew with counters")
	}
	for _, pkg := range packages {
		t.Run(pkg, func(t *testing.T) {
			binary := filepath.Join(t.TempDir(), "cost.test")
			dir := filepath.Join("..", "..", filepath.FromSlash(pkg))
			command(t, dir, nil, "go", "test", "-c", "-o", binary, "-covermode=atomic", "-coverpkg="+counted, ".")
			for _, name := range leaves(command(t, dir, []string{SizeVariable + "=1"}, binary, "-test.run=^TestCost", "-test.v")) {
				t.Run(name, func(t *testing.T) {
					var costs []cost
					for size := smallest; size <= largest/4; size *= 2 {
						costs = append(costs, cost{size, steps(t, dir, binary, name, size)})
						if !isLinear(costs, costs[0].taken+1<<20) {
							t.Fatalf("steps grow faster than the input: %v", costs)
						}
					}
				})
			}
		})
	}
}

// command runs a program in a folder and returns what it says.
func command(t *testing.T, dir string, environ []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

var started = regexp.MustCompile(`(?m)^=== RUN +(\S+)$`)

// leaves returns the tests that have no further ones within.
func leaves(verbose string) (names []string) {
	for _, match := range started.FindAllStringSubmatch(verbose, -1) {
		if last := len(names) - 1; last >= 0 && strings.HasPrefix(match[1], names[last]+"/") {
			names = names[:last]
		}
		names = append(names, match[1])
	}
	return names
}

// steps runs one test with an input of one size and adds up its counters.
func steps(t *testing.T, dir, binary, name string, size int) (sum int) {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^") + "$"
	command(t, dir, []string{SizeVariable + "=" + strconv.Itoa(size)}, binary, "-test.run="+pattern, "-test.coverprofile="+profile)
	file, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// Each line ends with the number of statements and how often they were executed.
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if count, err := strconv.Atoi(fields[len(fields)-1]); err == nil && !strings.Contains(fields[0], "costtest") {
			sum += count
		}
	}
	return sum
}
