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
	if wanted := r.Header.Values("Access-Control-Request-Headers"); len(wanted) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(wanted, ", "))
	}
	h.Set("Access-Control-Max-Age", preflightMaxAge)
	w.WriteHeader(http.StatusNoContent)
}
