package front_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
)

// BenchmarkRequest compares a site with a bare net/http server that does the same work, over keep-alive connections
// on loopback; clients and server share the processors.
func BenchmarkRequest(b *testing.B) {
	const post = "POST /v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\nContent-Length: 200\r\n\r\n"
	body := make([]byte, 200)
	handler := func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
		return backend.Answered
	}
	for name, mount := range map[string]string{"own address": "", "mounted": "/api"} {
		b.Run(name, func(b *testing.B) {
			s := start(b, func(cfg *front.SiteConfig) { cfg.Mount = mount })
			s.Attach(backendFunc(handler))
			clients(b, s.Addr().String(), strings.Replace(post, " /", " "+mount+"/", 1)+string(body))
		})
	}
	b.Run("bare", func(b *testing.B) {
		socket, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			handler(w, r, backend.Inbound{})
		})}
		go func() { _ = server.Serve(socket) }()
		defer server.Close()
		clients(b, socket.Addr().String(), post+string(body))
	})
}

// clients sends the same request again and again over eight connections for each processor.
func clients(b *testing.B, address, request string) {
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		for pb.Next() {
			_, _ = io.WriteString(c, request)
			for length := -1; ; { // as cheap as can be: the server is what is measured
				line, err := in.ReadSlice('\n')
				if err != nil {
					b.Error(err)
					return
				}
				if string(line) == "Content-Length: 200\r\n" {
					length = 200
				}
				if len(line) == 2 {
					_, _ = in.Discard(length)
					break
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
