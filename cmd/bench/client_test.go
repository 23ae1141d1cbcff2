package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

// answering is a client whose server gives the same answer to everything.
func answering(t *testing.T, answer string) *client {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := socket.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, answer)
		_, _ = io.Copy(io.Discard, conn)
	}()
	c, err := dial(t.Context(), socket.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.close()
		socket.Close()
		<-served
	})
	return c
}

func TestClientReadsAnswersOneAfterTheOther(t *testing.T) {
	c := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"+
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"+
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n")
	for _, want := range []struct {
		status int
		body   string
	}{{200, "hello"}, {404, ""}, {200, "abc0123456789"}} {
		status, body, err := c.do([]byte("x"))
		if err != nil || status != want.status || string(body) != want.body {
			t.Fatalf("got %d %q %v, want %d %q", status, body, err, want.status, want.body)
		}
	}
}

func TestClientRefusesWhatIsNoWholeAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"not HTTP":         "hello\r\n\r\n",
		"no length":        "HTTP/1.1 200 OK\r\n\r\nhello",
		"bad chunk size":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"chunk too long":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
		"bad length":       "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"huge header line": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if status, body, err := answering(t, answer).do([]byte("x")); err == nil {
				t.Fatalf("took %d %q", status, body)
			}
		})
	}
}
