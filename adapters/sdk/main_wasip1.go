package sdk

import "os"

// Main is the body of an adapter's func main. It runs [Loop.Run] against the host and exits with its code; it does not return.
func Main(setup func(*Loop) error) { os.Exit(New(wasmHost()).Run(setup)) }
