package front

import (
	"net/http"
	"slices"
	"strings"
)

// preflightMaxAge is how many seconds a browser may remember a preflight; ten minutes is what the strictest ones allow.
const preflightMaxAge = "600"

// exposedHeaders lets a page read every header of an answer. The star stands for all of them where there are no credentials.
// https://fetch.spec.whatwg.org/#http-access-control-expose-headers
const exposedHeaders = "*"

// cors decides which web origins may call. The answers of this API do not depend on cookies, so credentials are never
// allowed. https://fetch.spec.whatwg.org/#http-cors-protocol
type cors struct {
	origins []string
	any     bool
}

func newCORS(origins []string) cors {
	c := cors{any: slices.Contains(origins, "*")}
	for _, origin := range origins {
		c.origins = append(c.origins, strings.ToLower(strings.TrimRight(origin, "/")))
	}
	return c
}

// admit reports whether the origin may call, and says so in the answer's headers.
func (c *cors) admit(answer http.Header, origins []string) bool {
	if !c.any {
		answer["Vary"] = []string{"Origin"}
	}
	if len(origins) != 1 || !c.any && !slices.Contains(c.origins, strings.ToLower(origins[0])) {
		return false
	}
	allowed := "*"
	if !c.any {
		allowed = origins[0]
	}
	answer["Access-Control-Allow-Origin"] = []string{allowed}
	answer["Access-Control-Expose-Headers"] = []string{exposedHeaders}
	return true
}

// preflight reports whether the request is a browser's question before the real one.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
}

// answerPreflight allows the path's methods, and whatever headers the page wants to send: which ones the routes read is
// the adapter's business, and clients add their own.
func answerPreflight(w http.ResponseWriter, r *http.Request, methods []string) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	if wanted := names(r.Header["Access-Control-Request-Headers"]); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
	}
	h.Set("Access-Control-Max-Age", preflightMaxAge)
	w.WriteHeader(http.StatusNoContent)
}

// namesBytes is the most of the names that a page wants to send, in bytes; pages name a handful.
const namesBytes = 4 << 10

// names are the names of headers in a list, and nothing else that a client may have put there.
func names(lines []string) string {
	var list strings.Builder
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			if !token(name) || list.Len()+len(name) > namesBytes {
				continue
			}
			if list.Len() > 0 {
				list.WriteString(", ")
			}
			list.WriteString(name)
		}
	}
	return list.String()
}

// token reports whether a text can be the name of a header. https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
