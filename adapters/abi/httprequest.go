package abi

// HTTPRequest is the payload of EventHTTPRequest: string route, u32 number of path values and for each the strings name and
// value, then the strings method, path, query and request id, and the u32 size of the body in bytes.
type HTTPRequest struct {
	// Route is the name of the route in the manifest.
	Route string
	// Values are the parameters of the route's pattern and what stands in their place.
	Values []PathValue
	Method string
	// Path is decoded; Query is raw, without "?".
	Path, Query string
	RequestID   string
	BodySize    uint32
}

// PathValue is one parameter of a route's pattern, such as "id" in "/things/{id}", and what stands in its place.
type PathValue struct{ Name, Value string }

// Append appends the payload.
func (r *HTTPRequest) Append(dst []byte) []byte {
	if dst == nil {
		dst = make([]byte, 0, r.size())
	}
	dst = AppendU32(AppendString(dst, r.Route), uint32(len(r.Values)))
	for _, v := range r.Values {
		dst = AppendString(AppendString(dst, v.Name), v.Value)
	}
	dst = AppendString(AppendString(dst, r.Method), r.Path)
	dst = AppendString(AppendString(dst, r.Query), r.RequestID)
	return AppendU32(dst, r.BodySize)
}

func (r *HTTPRequest) size() int {
	n := 7*4 + len(r.Route) + len(r.Method) + len(r.Path) + len(r.Query) + len(r.RequestID)
	for _, v := range r.Values {
		n += 2*4 + len(v.Name) + len(v.Value)
	}
	return n
}

// Read takes a payload apart and reports whether it was whole. The strings share one copy of it.
func (r *HTTPRequest) Read(payload []byte) bool {
	p := textPayload{rest: string(payload)}
	r.Route = p.string()
	r.Values = p.values()
	r.Method, r.Path, r.Query, r.RequestID = p.string(), p.string(), p.string(), p.string()
	r.BodySize = p.u32()
	return !p.bad
}

// textPayload is a [Payload] whose strings are parts of one text.
type textPayload struct {
	rest string
	bad  bool
}

func (p *textPayload) u32() uint32 {
	if len(p.rest) < 4 {
		p.rest, p.bad = "", true
		return 0
	}
	b := p.rest
	p.rest = p.rest[4:]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func (p *textPayload) string() string {
	n := p.u32()
	if uint64(n) > uint64(len(p.rest)) {
		p.rest, p.bad = "", true
		return ""
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s
}

func (p *textPayload) values() []PathValue {
	n := p.u32()
	if n == 0 || uint64(n)*8 > uint64(len(p.rest)) {
		p.bad = p.bad || n > 0
		return nil
	}
	values := make([]PathValue, n)
	for i := range values {
		values[i] = PathValue{p.string(), p.string()}
	}
	return values
}
