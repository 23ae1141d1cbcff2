package limits

// Handle quotas of one instance, in open handles. A guest that asks for more gets an errno and keeps what it has. Each kind has
// its own quota with the family that gives it out.
const (
	// HandlesTotal bounds all kinds together. It lies under the sum of the kinds: no adapter needs every maximum at
	// once, and it also caps kinds that have no quota of their own.
	HandlesTotal = 16384

	// HandleQuotaMax is the largest quota an operator may set. A million entries cost the ledger about 100 MB.
	HandleQuotaMax = 1 << 20
)
