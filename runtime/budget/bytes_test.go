package budget

import "testing"

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1 << 10: "1.0 KiB", 1536 << 20: "1.5 GiB", 1 << 50: "1024.0 TiB", -5: "-5 bytes",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
