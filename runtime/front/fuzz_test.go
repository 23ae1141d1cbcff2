package front_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
)

// FuzzHTTP sends any bytes on a connection. Whatever they are, the connection comes to an end, what is answered is whole HTTP
// without a byte of the caller's in its head, and no keyless request reaches a guest by a route with a guard.
func FuzzHTTP(f *testing.F) {
	const withKey = "Authorization: Bearer " + key + "\r\n"
	for _, text := range []string{
		"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /v1/responses HTTP/1.1\r\nHost: a\r\n" + withKey + "Content-Length: 2\r\n\r\nhi",
		"POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
		"POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/responses/x HTTP/1.1\r\n\r\n",
		"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
		"GET /v1/responses/%2e%2e%2fhealth HTTP/1.1\r\nHost: a\r\n" + withKey + "\r\n",
		"GET //health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /health HTTP/1.0\r\n\r\n", "GET http://b/health HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"OPTIONS /open HTTP/1.1\r\nHost: a\r\nOrigin: https://x\r\nAccess-Control-Request-Method: POST\r\n\r\n",
		"GET /health HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a: b\r\n", 300) + "\r\n",
		"GET /health HTTP/1.1\r\nHost: a\r\nX-Request-Id: \x1b[31m\r\n\r\n", "\r\n\r\n", "GET", "\x16\x03\x01\x02\x00",
		"GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
		"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		f.Add([]byte(text))
	}
	var mu sync.Mutex
	var reached []string
	s := open(f, newFront(nil), func(cfg *front.SiteConfig) { cfg.Limits.BodyBytes = 1 << 10; cfg.AddressLimits.HeaderBytes = 4 << 10 })
	f.Cleanup(func() { _ = s.front.Close(context.Background()) })
	s.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		mu.Lock()
		reached = append(reached, in.Route)
		mu.Unlock()
		return echo(w, r, in)
	}))
	f.Fuzz(func(t *testing.T, text []byte) {
		mu.Lock()
		reached = nil
		mu.Unlock()
		answers := exchangeRaw(t, s.Addr().String(), text)
		for _, head := range answers {
			if strings.ContainsAny(head, "\x00\x1b") {
				t.Errorf("a head with control characters: %q", head)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for _, route := range reached {
			if route != "health" && route != "open" && !strings.Contains(strings.ToLower(string(text)), strings.ToLower(key)) {
				t.Errorf("route %s was reached without the key", route)
			}
		}
	})
}

// exchangeRaw sends bytes and then the end, and gives the heads of the answers, each of which must be whole.
func exchangeRaw(t *testing.T, address string, text []byte) (heads []string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = conn.Write(text) // the other side may have had enough
	_ = conn.(*net.TCPConn).CloseWrite()
	reader := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(reader, nil)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatal("the connection does not end")
		}
		if err != nil {
			return heads // the end, or a connection that was cut
		}
		_, _ = io.Copy(io.Discard, response.Body)
		var head strings.Builder
		_ = response.Header.Write(&head)
		heads = append(heads, head.String())
	}
}
