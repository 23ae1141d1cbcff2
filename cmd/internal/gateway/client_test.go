package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// client is one kept-alive connection to a slot, spoken by hand: it is cheap, and it holds no goroutine between requests.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(address string) (*client, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReader(conn)}, nil
}

// send writes a request without waiting for the answer.
func (c *client) send() error {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := io.WriteString(c.conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi")
	return err
}

// receive reads the head of an answer.
func (c *client) receive() (*http.Response, error) { return http.ReadResponse(c.reader, nil) }

// drop closes the connection at once, with a reset, so that no socket of many cycles waits for its end.
func (c *client) drop() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.conn.Close()
}
