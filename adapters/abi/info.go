package abi

import "encoding/binary"

// LifecycleInfo is the answer of lifecycle.info, a record: u32 size of what follows, string adapter, u64 generation, string
// host version, u64 drain budget in ms, u64 largest body in bytes, u64 predecessor. Fields that a reader does not know are
// passed over, and those that are missing are zero.
type LifecycleInfo struct {
	Adapter      string
	Generation   uint64
	HostVersion  string
	DrainMS      uint64
	MaxBodyBytes uint64
	// Predecessor is the generation of the older instance that still finishes its work; 0 if there is none.
	Predecessor uint64
}

// Append appends the record.
func (r *LifecycleInfo) Append(dst []byte) []byte {
	start := len(dst)
	dst = AppendU32(dst, 0)
	dst = AppendU64(AppendString(dst, r.Adapter), r.Generation)
	dst = AppendU64(AppendString(dst, r.HostVersion), r.DrainMS)
	dst = AppendU64(AppendU64(dst, r.MaxBodyBytes), r.Predecessor)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// Read takes a record apart and reports whether it was well formed.
func (r *LifecycleInfo) Read(record []byte) bool {
	whole := ReadPayload(record)
	p := ReadPayload(whole.Bytes())
	*r = LifecycleInfo{}
	for _, read := range []func(){
		func() { r.Adapter = p.String() }, func() { r.Generation = p.U64() },
		func() { r.HostVersion = p.String() }, func() { r.DrainMS = p.U64() },
		func() { r.MaxBodyBytes = p.U64() }, func() { r.Predecessor = p.U64() },
	} {
		if len(p.rest) > 0 {
			read()
		}
	}
	return !whole.Bad && !p.Bad
}
