package httpfn_test

import (
	"io"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
)

// What keeps a pong from coming or from being seen is no reason to cut a client off.
func TestMissingPongIsExcused(t *testing.T) {
	for name, send := range map[string]func(t *testing.T, c *client){
		"in the middle of a message": func(t *testing.T, c *client) {
			c.send(t, "\x81\xfe\x03\xe8\x00\x00\x00\x00") // a text message of 1,000 bytes
			for range 10 {
				time.Sleep(10 * time.Second)
				c.send(t, string(repeat("x", 100)))
			}
		},
		"behind what the guest has not fetched": func(t *testing.T, c *client) {
			c.frame(t, opText, string(repeat("x", 1<<10)))
			c.frame(t, opText, string(repeat("x", 1<<10))) // finds no room
			time.Sleep(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(cfg *httpfn.Config) { cfg.KeepAlive = 15 * time.Second }
			inBubble(t, change, func(t *testing.T, h *harness, network *memory) {
				c := network.dial()
				c.send(t, handshake)
				h.upgrade(c, h.next(abi.EventHTTPRequest).handle)
				over := make(chan struct{})
				go func() {
					defer close(over)
					_, _ = io.Copy(io.Discard, c.in)
				}()
				send(t, c)
				for range 2 {
					if h.box.Waiting() {
						h.next(abi.EventHTTPMessage)
					}
				}
				select {
				case <-over:
					t.Error("cut off")
				default:
				}
				_ = c.Close()
				<-over
			})
		})
	}
}
