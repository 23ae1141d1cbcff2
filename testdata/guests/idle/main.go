// Command idle is the smallest Go guest: it says ready and waits to be told to end. The retry cycle is measured with it.
package main

import "innkeeper/adapters/sdk"

func main() { sdk.Main(func(*sdk.Loop) error { return nil }) }
