package openaiagent

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
)

// statusFailure translates an error answer of the upstream. What the caller can mend keeps its status and words; the
// rest is a bad gateway.
func statusFailure(res *http.Response, said upstreamError) *agent.Failed {
	failed := mapStatus(res.StatusCode, said)
	failed.RetryAfter = retryAfter(res.Header)
	failed.Cause = statusError(res.StatusCode)
	return failed
}

// statusError is the HTTP status that the upstream answered with.
type statusError int

func (e statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("upstream answered %d %s", int(e), http.StatusText(int(e))))
}

func mapStatus(status int, said upstreamError) *agent.Failed {
	if _, err := strconv.Atoi(said.code); err == nil {
		said.code = "" // a status once more, not a word for programs
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		// The upstream's words are left out: to the caller they would say that its own key is wrong.
		return upstreamFailure(codeAuth, "the agent's upstream refused the key that the gateway is configured with; the operator should check api_key in [agent]", nil)
	case status == http.StatusTooManyRequests:
		return &agent.Failed{
			Status:  status,
			Type:    cmp.Or(said.kind, agent.TypeRateLimit),
			Code:    cmp.Or(said.code, "rate_limit_exceeded"),
			Message: cmp.Or(said.message, "the agent's upstream is receiving too many requests"),
		}
	case status == http.StatusRequestTimeout:
		failed := upstreamFailure(codeTimeout, "the agent's upstream gave up waiting", nil)
		failed.Status = http.StatusGatewayTimeout
		return failed
	case (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) && !said.object:
		return upstreamFailure(codeNotFound, "the agent's upstream has no chat completions at the configured address; the operator should check base_url in [agent]", nil)
	case status == http.StatusPaymentRequired, status >= http.StatusInternalServerError:
		return upstreamFailure(codeError, withDetail("the agent's upstream failed", said.message), nil)
	}
	return &agent.Failed{
		Status:  callerStatus(status),
		Type:    cmp.Or(said.kind, agent.TypeInvalidRequest),
		Code:    said.code,
		Message: cmp.Or(said.message, "the agent's upstream refused the request"),
		Param:   said.param,
	}
}

// callerStatus keeps the statuses that mean the same from here as from the upstream.
func callerStatus(status int) int {
	switch status {
	case http.StatusNotFound, http.StatusRequestEntityTooLarge:
		return status
	}
	return http.StatusBadRequest
}

func withDetail(message, detail string) string {
	if detail == "" {
		return message
	}
	return message + ": " + detail
}

// errorInBody returns the failure in a 200 answer whose JSON body is an error, or nil.
func errorInBody(res *http.Response, within time.Duration) *agent.Failed {
	said := readError(res.Body, within)
	if !said.object {
		return nil
	}
	return errorWithin(said)
}

// errorInChunk returns the failure that an upstream reports in the middle of its stream, or nil.
func errorInChunk(event string, chunk jsontext.Value) *agent.Failed {
	if !chunk.Get("error").Set() && event != "error" {
		return nil
	}
	return errorWithin(errorFrom(chunk))
}

// errorWithin translates an error without an HTTP status. Some upstreams give the status as the code.
func errorWithin(said upstreamError) *agent.Failed {
	status, err := strconv.Atoi(said.code)
	if err != nil || status < 400 || status > 599 {
		status = http.StatusInternalServerError
		if said.code == "rate_limit_exceeded" || said.kind == agent.TypeRateLimit {
			status = http.StatusTooManyRequests
		}
	}
	return mapStatus(status, said)
}

// retryAfter reads when the upstream wants to be asked again, 0 if it does not say.
//
// https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return bounded(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return bounded(s * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// bounded keeps nonsense out: nothing negative, nothing beyond a day, and no NaN.
func bounded(ns float64) time.Duration {
	if !(ns > 0) {
		return 0
	}
	return time.Duration(min(ns, float64(24*time.Hour)))
}

// clean makes an upstream's words fit to be shown: without the key, control characters or endless length.
func (a *Agent) clean(message string) string {
	if a.cfg.APIKey != "" {
		message = strings.ReplaceAll(message, a.cfg.APIKey, "[key]")
	}
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, message)
	if len(message) <= messageBytes {
		return message
	}
	cut := messageBytes
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}
