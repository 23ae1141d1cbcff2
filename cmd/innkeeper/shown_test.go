package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/admin/scrape"
	"innkeeper/runtime/module/wasmtest"
)

// evil is what strangers put wherever they have a say: a terminal's commands, line breaks, marks that turn the direction of writing,
// NUL, controls beyond ASCII, bytes that are no UTF-8, and the four characters that stand for an escape in Go.
const evil = "\x1b]0;owned\a\x1b[2J\r\nlevel=ERROR forged\u202eturned\u2066\x00\u009b31m\x80\x9f\xff \\x1b[31m= \x7f"

// oneLined is evil where a line break is the operator's own.
var oneLined = strings.NewReplacer("\r", "", "\n", "").Replace(evil)

// sgr is what the host itself sends to a terminal.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// harmlessText checks what the host has shown.
func harmlessText(t *testing.T, what, text string) {
	t.Helper()
	bad := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
	if at := strings.IndexFunc(text, bad); at >= 0 || !utf8.ValidString(text) {
		t.Errorf("%s shows what a terminal may obey at %d: %q", what, at, text[max(at-80, 0):min(at+80, len(text))])
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "level=ERROR forged") {
			t.Errorf("%s has a forged line", what)
		}
		if len(line) > 64<<10 {
			t.Errorf("%s has a line of %d bytes", what, len(line))
		}
	}
}

const loudManifest = `name = "loud"
version = "1.0"
families = ["lifecycle", "event", "log"]
`

// loud says what it likes, in its log, on its stdout, and about its end.
func loud(b *wasmtest.Builder) {
	write := b.Import("innkeeper:log@1", "write", wasmtest.I32x(5), wasmtest.I32)
	fail := b.Import("innkeeper:lifecycle@1", "fail", wasmtest.I32x(5), wasmtest.I32)
	print := b.Import("wasi_snapshot_preview1", "fd_write", wasmtest.I32x(4), wasmtest.I32)
	exit := b.ProcExit()
	b.Memory(4)
	text, n := b.String(evil + strings.Repeat("x", 100_000) + "\n")
	attrs, attrsLen := b.String(`{"k\u001b[2J":"v\u001b]0;a\u0007","l":["\u001b[2J\u202e"]}`)
	vector := b.Reserve(16)
	b.Main("",
		wasmtest.I32Const(0), wasmtest.I32Const(text), wasmtest.I32Const(n), wasmtest.I32Const(attrs), wasmtest.I32Const(attrsLen),
		wasmtest.Call(write), wasmtest.Drop,
		wasmtest.I32Const(vector), wasmtest.I32Const(text), wasmtest.I32Store, wasmtest.I32Const(vector+4), wasmtest.I32Const(n), wasmtest.I32Store,
		wasmtest.I32Const(1), wasmtest.I32Const(vector), wasmtest.I32Const(1), wasmtest.I32Const(vector+8), wasmtest.Call(print), wasmtest.Drop,
		wasmtest.I32Const(text), wasmtest.I32Const(n), wasmtest.I32Const(1), wasmtest.I32Const(text), wasmtest.I32Const(n), wasmtest.Call(fail), wasmtest.Drop,
		wasmtest.I32Const(75), wasmtest.Call(exit),
	)
}

// trapped ends in a function whose name is a terminal's command.
func trapped(b *wasmtest.Builder) {
	fn := b.Func("", "", "", "", wasmtest.Unreachable)
	b.Main("", wasmtest.Call(fn))
	b.Custom("name", wasmtest.Section(1, wasmtest.Vec(wasmtest.U32(fn)+wasmtest.Name("f\x1b]0;owned\a\u202e\x7f"))))
}

const servedManifest = `name = "served"
version = "1.0"
families = ["lifecycle", "event", "http"]
[settings.key]
type = "string"
required = true
secret = true
[http]
listen = "127.0.0.1:0"
key = "key"
errors = "plain"
[[http.routes]]
name = "open"
method = "POST"
path = "/open"
guard = "open"
[[http.routes]]
name = "guarded"
method = "GET"
path = "/guarded"
guard = "key"
`

// Nothing that a guest, a client or a file says is shown as it is: not in the log, on a terminal or as JSON, nor by a command, nor in an
// answer that the host makes.
func TestNothingOfStrangersIsShownAsItIs(t *testing.T) {
	for name, terminal := range map[string]bool{"terminal": true, "JSON": false} {
		t.Run(name, func(t *testing.T) {
			sh := newShell(t)
			sh.terminal = terminal
			sh.guest("loud.wasm", loudManifest, loud)
			sh.guest("trapped.wasm", "name = \"trapped\"\nversion = \"1.0\"\nfamilies = []\n", trapped)
			sh.guest("served.wasm", servedManifest, quietGuest)
			sh.write("innkeeper.toml", fmt.Sprintf(`log_level = "debug"
[adapters.loud]
module = %q
limits.engine = "interpreter"
[adapters.trapped]
module = %q
limits.engine = "interpreter"
[adapters.missing]
module = "none\u202e.wasm"
[adapters.served]
module = %q
limits.engine = "interpreter"
key = %q
`, sh.path("loud.wasm"), sh.path("trapped.wasm"), sh.path("served.wasm"), goodKey))
			s := sh.runs()
			until(t, "both have ended", func() bool {
				return sh.adapter("loud").LastError != "" && sh.adapter("trapped").LastError != ""
			})
			askEvilly(t, strings.TrimPrefix(sh.adapter("served").Listen, "http://"))
			status, err := admin.NewClient(sh.path("data")).Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			harmlessText(t, "metrics", metrics(t, status))
			for _, args := range [][]string{
				{"status"}, {"status", "--json"}, {"check"}, {"check", "--json"}, {"inspect", sh.path("loud.wasm")}, {"inspect", "--json", sh.path("loud.wasm")},
				{"restart", oneLined}, {"inspect", "x" + oneLined}, {"restart", "loud"}, {"reload"}, {"status", "-c", oneLined}, {oneLined},
			} {
				r := sh.run(args...)
				harmlessText(t, fmt.Sprintf("%q", args), sgr.ReplaceAllString(r.out, "")+sgr.ReplaceAllString(r.err, ""))
			}
			sh.ends(s, syscall.SIGTERM)
			harmlessText(t, "the log", sgr.ReplaceAllString(s.err.String(), ""))
			for _, part := range []string{"forged", "wasm stack trace", "request_id", "none"} {
				if !strings.Contains(s.err.String(), part) {
					t.Errorf("the log says nothing of %q", part)
				}
			}
		})
	}
}

func metrics(t *testing.T, status admin.Status) string {
	t.Helper()
	answer := httptest.NewRecorder()
	scrape.Handler(func() admin.Status { return status }).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	return answer.Body.String()
}

// percent is a text as it stands in a URL, every byte escaped.
func percent(text string) string {
	var escaped strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&escaped, "%%%02x", text[i])
	}
	return escaped.String()
}

// askEvilly sends requests that hold evil in every part, and checks the answers.
func askEvilly(t *testing.T, address string) {
	t.Helper()
	escaped := percent(evil)
	raw := oneLined
	for name, request := range map[string]string{
		"path":       "GET /" + escaped + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"long path":  "GET /" + strings.Repeat(escaped, 200) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"100 KB":     "GET /" + strings.Repeat("%1b", 35_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"query":      "POST /open?" + escaped + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Encoding: " + raw + "\r\n\r\nx",
		"raw path":   "GET /" + raw + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"method":     raw + " /open HTTP/1.1\r\nHost: x\r\n\r\n",
		"odd method": "G!#$%&'*+-.^_`|~ET /open HTTP/1.1\r\nHost: x\r\n\r\n",
		"header":     "GET /open HTTP/1.1\r\nHost: x\r\nX: " + raw + "\r\n\r\n",
		"name":       "GET /open HTTP/1.1\r\nHost: x\r\nX" + raw + ": x\r\n\r\n",
		"host":       "GET /open HTTP/1.1\r\nHost: " + raw + "\r\n\r\n",
		"user agent": "GET /open HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x80\x9f\xff\u202e\r\n\r\n",
		"key":        "GET /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \u202e\x9b\r\n\r\n",
		"request id": "GET /none HTTP/1.1\r\nHost: x\r\nX-Request-Id: \u202e\x9b31m\r\n\r\n",
		"origin":     "GET /open HTTP/1.1\r\nHost: x\r\nOrigin: \u202e\x9b\r\n\r\n",
		"preflight": "OPTIONS /open HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: POST\r\n" +
			"Access-Control-Request-Headers: a, \u202e\x9b31m, b c, d\r\nOrigin: x\r\n\r\n",
		"nonsense": evil + "\r\n\r\n",
	} {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(c, request)
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s: no answer: %v", name, err)
			continue
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		_ = c.Close()
		if response.StatusCode < 400 {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
		harmlessText(t, "the answer to "+name, string(body))
		for header, values := range response.Header {
			harmlessText(t, "header "+header+" for "+name, strings.Join(values, ""))
		}
	}
}

// The library that writes to terminals in colour makes an escape of the characters that stand for one.
func TestNoTextOfTheLogReachesATerminalAsACommand(t *testing.T) {
	a := &app{stdio: stdio{terminal: func(any) bool { return true }, env: func(string) (string, bool) { return "", false }}}
	var text strings.Builder
	log := slog.New(a.logHandler(&text, slog.LevelDebug))
	log.LogAttrs(context.Background(), slog.LevelInfo, evil, slog.String("text", evil), slog.Any("error", fmt.Errorf("a %s", evil)),
		slog.Group("group", slog.String("text", evil)))
	if !strings.Contains(text.String(), "\x1b[") {
		t.Fatal("this is no log in colour")
	}
	harmlessText(t, "the log", sgr.ReplaceAllString(text.String(), ""))
	if strings.Contains(text.String(), "\x1b[31m") {
		t.Errorf("a colour of a stranger: %q", text.String())
	}
}
