//go:build !wasip1

package sdk

import "os"

// Main is the body of an adapter's func main. Outside of the sandbox there is no host to run against: it says so and
// exits with code 78. Tests use [New] with a host of their own.
func Main(func(*Loop) error) {
	os.Stderr.WriteString("this is an Innkeeper adapter: build it with GOOS=wasip1 GOARCH=wasm and put it into the gateway's configuration\n")
	os.Exit(ExitConfig)
}
