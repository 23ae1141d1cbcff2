package openaiagent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"innkeeper/runtime/agent"
)

// Codes of failures behind the agent. All have status 502 but the timeout, which has 504.
const (
	codeUnreachable = "upstream_unreachable" // no connection
	codeTimeout     = "upstream_timeout"     // silent for too long
	codeAuth        = "upstream_auth"        // the upstream refused the configured key
	codeNotFound    = "upstream_not_found"   // the configured base URL is not that of an API
	codeCut         = "upstream_cut"         // the answer broke off
	codeMalformed   = "upstream_malformed"   // the answer is not what the protocol says
	codeError       = "upstream_error"       // the upstream says that it failed
)

// upstreamFailure returns a failure that is not the caller's fault.
func upstreamFailure(code, message string, cause error) *agent.Failed {
	return &agent.Failed{Status: http.StatusBadGateway, Type: agent.TypeUpstream, Code: code, Message: message, Cause: cause}
}

// openFailure says why there is no stream: an answer with an error status, or no answer at all.
func (c *call) openFailure(res *http.Response, err error) *agent.Failed {
	if res != nil && res.StatusCode >= http.StatusBadRequest {
		return statusFailure(res, c.dog.said)
	}
	if cause := context.Cause(c.ctx); cause != nil {
		return ended(cause)
	}
	return connectFailure(err)
}

// connectFailure classifies the error of a transport. The address stays out of the message, for the caller need not
// know it, and is in the cause, for the operator does.
func connectFailure(err error) *agent.Failed {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var (
		dns     *net.DNSError
		network net.Error
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return upstreamFailure(codeUnreachable, "the agent's upstream refused the connection", err)
	case errors.As(err, &dns):
		return upstreamFailure(codeUnreachable, "the name of the agent's upstream could not be resolved", err)
	case isTLS(err):
		return upstreamFailure(codeUnreachable, "no trusted connection could be made to the agent's upstream", err)
	case errors.As(err, &network) && network.Timeout():
		failed := upstreamFailure(codeTimeout, "the agent's upstream did not answer in time", err)
		failed.Status = http.StatusGatewayTimeout
		return failed
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return upstreamFailure(codeCut, "the agent's upstream closed the connection without an answer", err)
	}
	return upstreamFailure(codeUnreachable, "the agent's upstream could not be reached", err)
}

func isTLS(err error) bool {
	var (
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		alert   tls.AlertError
	)
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &alert)
}
