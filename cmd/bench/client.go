package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one keep-alive connection. It does for HTTP/1.1 what a load generator needs and no more, so that on a machine
// of few cores the servers get most of the time.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	body []byte // of the last answer; reused
}

// answerTimeout ends a measurement whose server has gone deaf.
const answerTimeout = 30 * time.Second

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, r: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// do sends a request and reads the whole answer. The body is valid until the next call.
func (c *client) do(request []byte) (status int, body []byte, err error) {
	if err := c.send(request); err != nil {
		return 0, nil, err
	}
	h, err := c.head()
	if err != nil {
		return 0, nil, err
	}
	c.body = c.body[:0]
	if h.chunked {
		err = c.chunks()
	} else {
		err = c.fixed(h.length)
	}
	return h.status, c.body, err
}

func (c *client) send(request []byte) error {
	if err := c.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(request)
	return err
}

// head is what counts of an answer's head.
type head struct {
	status  int
	length  int // -1 if not said
	chunked bool
}

var errAnswer = errors.New("not an HTTP/1.1 answer with a length")

// head reads the status line and the headers.
func (c *client) head() (head, error) {
	h := head{length: -1}
	line, err := c.line()
	if err != nil {
		return h, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return h, fmt.Errorf("%w: %q", errAnswer, line)
	}
	if h.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return h, err
	}
	for {
		line, err := c.line()
		if err != nil {
			return h, err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := cutHeader(line, "Content-Length: "); ok {
			if h.length, err = strconv.Atoi(string(value)); err != nil {
				return h, err
			}
		} else if value, ok := cutHeader(line, "Transfer-Encoding: "); ok {
			h.chunked = string(value) == "chunked"
		}
	}
	if h.length < 0 && !h.chunked {
		return h, errAnswer
	}
	return h, nil
}

// cutHeader compares a header's name as Go's server writes it.
func cutHeader(line []byte, name string) ([]byte, bool) {
	if len(line) < len(name) || string(line[:len(name)]) != name {
		return nil, false
	}
	return line[len(name):], true
}

// line is the next line without its end.
func (c *client) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

// fixed reads a body of known length.
func (c *client) fixed(n int) error {
	at := len(c.body)
	if need := at + n; need > cap(c.body) {
		c.body = append(make([]byte, 0, 2*need), c.body...)
	}
	c.body = c.body[:at+n]
	_, err := io.ReadFull(c.r, c.body[at:])
	return err
}

// chunks reads a chunked body. https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
func (c *client) chunks() error {
	for {
		n, err := c.chunk()
		if err != nil || n == 0 {
			return err
		}
	}
}

// chunk reads one chunk; the last one is empty.
func (c *client) chunk() (n int, err error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseUint(string(line), 16, 31)
	if err != nil {
		return 0, err
	}
	if err := c.fixed(int(size)); err != nil {
		return 0, err
	}
	end, err := c.line()
	if err == nil && len(end) != 0 {
		err = errAnswer
	}
	return int(size), err
}
