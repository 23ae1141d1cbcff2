package front_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front"
)

// FuzzConnection sends bytes on a connection, in two pieces. Whatever they are: no panic, whole answers with the host's headers only,
// and everything that was charged is given back.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n\r\n", getHealth, getKeyed, getHealth + getHealth, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + getHealth,
		"POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n5;x=y\r\nhello\r\n0\r\na: b\r\n\r\n",
		"POST /open HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"OPTIONS /open HTTP/1.1\r\nHost: x\r\nOrigin: x\r\nAccess-Control-Request-Method: POST\r\n\r\n",
		"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET http://a/health HTTP/1.1\r\nHost: b\r\n\r\n",
		"GET /health HTTP/1.1\r\nHost: x\r\n" + tinyLines(300) + "\r\n", "GET /" + strings.Repeat("%1b", 100) + " HTTP/1.1\r\nHost: x\r\n a: b\r\n\r\n",
	} {
		f.Add([]byte(seed), uint16(len(seed)/2))
	}
	f.Fuzz(func(t *testing.T, input []byte, split uint16) {
		synctest.Test(t, func(t *testing.T) {
			network, flight := newMemory(), budget.New(1<<20)
			flight.Reserve(256 << 10)
			home := front.New(front.Config{Logger: discard(), Listen: network.listen, Flight: flight})
			s := open(t, home, nil)
			c := network.dial()
			answers := make(chan []byte, 1)
			go func() {
				said, _ := io.ReadAll(c.in)
				answers <- said
			}()
			at := min(int(split), len(input))
			for _, piece := range [][]byte{input[:at], input[at:]} {
				_, _ = c.Write(piece)
				synctest.Wait()
			}
			time.Sleep(5 * time.Minute) // every time that a client has is over
			_ = c.Close()
			wholeAnswers(t, <-answers)
			if err := errors.Join(s.Close(t.Context()), home.Close(t.Context())); err != nil {
				t.Error(err)
			}
			if use := flight.Use(); use.Used != 0 {
				t.Errorf("%d bytes were not given back", use.Used)
			}
		})
	})
}

// wholeAnswers checks that what a client got is answers and nothing else.
func wholeAnswers(t *testing.T, said []byte) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(said))
	for {
		if _, err := in.Peek(1); err != nil {
			return
		}
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("no answer: %v in %q", err, said)
		}
		if _, err := io.ReadAll(response.Body); err != nil && response.Request != nil {
			t.Errorf("an answer is cut: %v in %q", err, said)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusContinue {
			continue
		}
		checkHostHeaders(t, response.Header)
	}
}
