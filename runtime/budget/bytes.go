package budget

import "fmt"

// Bytes writes a number of bytes as people do, such as "1.5 GiB": what many budgets are of.
func Bytes(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	units := [...]string{"KiB", "MiB", "GiB", "TiB"}
	amount, unit := float64(n)/(1<<10), 0
	for amount >= 1<<10 && unit < len(units)-1 {
		amount, unit = amount/(1<<10), unit+1
	}
	return fmt.Sprintf("%.1f %s", amount, units[unit])
}
