// Command guest is the benchmark's adapter: it does database work when it is asked to.
package main

import (
	"strconv"

	"innkeeper/adapters/sdk"
	"innkeeper/cmd/bench/sqlops"
)

func main() { sdk.Main(setup) }

func setup(l *sdk.Loop) error {
	ops, err := sqlops.Open(l)
	if err != nil {
		return err
	}
	// POST /OPERATION?N does an operation N times.
	l.HandleHTTP(func(x *sdk.Exchange) {
		n, err := strconv.Atoi(x.Query)
		if err == nil {
			err = ops.Run(x.Path[1:], n)
		}
		if err != nil {
			_ = x.RespondText(500, err.Error()) // the client sees that nothing came
			return
		}
		_ = x.RespondText(200, strconv.Itoa(n))
	})
	return nil
}
