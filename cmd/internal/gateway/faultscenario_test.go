package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/cmd/internal/adaptertest"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// faultScenario is a piece of a slot's life.
type faultScenario struct {
	name string
	// toml is the table of the adapter, which has a puppet's name.
	toml func(t *testing.T, dir string) string
	// drive lets the paused slot run, and does what people do. It fails if the scenario did not run through; callers that wait
	// for ever or get something wrong fail the test.
	drive func(b *breaker) error
	// after, if set, looks at what must hold once nothing fails any more.
	after func(b *breaker)
	slow  bool // its guest needs longer than a puppet for what it does between two calls
}

// stall is the stall budget while operations are delayed; the other modes have a long one.
func (s faultScenario) stall() time.Duration {
	if s.slow {
		return 400 * time.Millisecond
	}
	return 100 * time.Millisecond
}

func faultScenarios() []faultScenario {
	return []faultScenario{
		{name: "start", toml: puppetTable(starting), drive: (*breaker).starts},
		{name: "request", toml: puppetTable(answering), drive: func(b *breaker) error { return errors.Join(b.starts(), b.asks("answer")) }},
		{name: "stream", toml: puppetTable(streaming), drive: func(b *breaker) error { return errors.Join(b.starts(), b.asks("word.word.")) }},
		{name: "retry", toml: puppetTable(failingFirst), drive: (*breaker).retries},
		{name: "hand-over", toml: puppetTable(streaming), drive: (*breaker).handsOver},
		{name: "other address", toml: puppetTable(answering), drive: (*breaker).moves},
		{name: "shutdown", toml: puppetTable(tidying), drive: (*breaker).shutsDown},
		storedResponse(),
	}
}

// puppetTable writes a puppet that may run beside another of its kind.
func puppetTable(build func(*puppet) *puppet) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		file := build(newPuppet()).write(t, dir, "m", sharedManifest)
		return adapter(puppetName, file, `listen = "127.0.0.1:0"`, `backoff = { initial = "1h", max = "1h" }`, `limits = { answer_timeout = "1s" }`)
	}
}

// starting is a guest that looks at everything before it is ready: its facts, its settings, its database.
func starting(p *puppet) *puppet {
	buffer := wt.I32Const(p.events) + wt.I32Const(eventBytes)
	return p.main(
		p.positive(p.host("lifecycle.info", buffer)),
		p.positive(p.host("config.read", buffer)),
		p.must(0, p.host("log.write", wt.I32Const(0), p.text("here"), p.text(""))),
		p.openDatabase(), p.insert(),
		p.prepare("SELECT x FROM t"), p.step(100), p.positive(p.host("sqlite.row", p.loaded(1), buffer)),
		p.must(0, p.host("sqlite.finalize", p.loaded(1))),
		p.ready(), p.idle())
}

// insert puts a row into the open database, in a transaction.
func (p *puppet) insert() wt.Code {
	return join(p.exec("CREATE TABLE IF NOT EXISTS t(x)"), p.exec("BEGIN IMMEDIATE"),
		p.prepare("INSERT INTO t VALUES(?)"),
		p.must(0, p.host("sqlite.bind_text", p.loaded(1), wt.I32Const(1), p.text("a row"))), p.step(101),
		p.must(0, p.host("sqlite.reset", p.loaded(1))), p.must(0, p.host("sqlite.finalize", p.loaded(1))),
		p.exec("COMMIT"))
}

// answering is a guest that reads all of each request.
func answering(p *puppet) *puppet {
	exchange, buffer := p.loaded(3), wt.I32Const(p.events)+wt.I32Const(eventBytes)
	return p.main(p.ready(), wt.Forever(p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.positive(p.host("http.headers", exchange, buffer)), p.positive(p.host("http.body", exchange, buffer)),
		p.must(0, p.host("http.respond", exchange, wt.I32Const(200), p.text("content-type: text/plain\n"), p.text("answer")))))
}

// streaming is a guest that asks the agent, and writes a word before and one after the agent's answer.
func streaming(p *puppet) *puppet {
	exchange := p.loaded(3)
	word := p.must(0, p.host("http.write", exchange, p.text("word.")))
	return p.main(p.ready(), wt.Forever(p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.must(0, p.host("http.begin", exchange, wt.I32Const(200), p.text("content-type: text/plain\n"))), word,
		p.ask(), p.awaitAnswer(), word, p.must(0, p.host("http.end", exchange)),
		p.loaded(2), wt.If(p.exit(0)))) // it was told to end meanwhile
}

// awaitAnswer waits for the end of a turn, and notes in word 2 of the results if the guest is told to end meanwhile. A guest whose
// agent fails ends as well.
func (p *puppet) awaitAnswer() wt.Code {
	kind := wt.I32Const(p.events) + wt.I32Load
	return wt.Block(wt.Loop(
		p.host("event.wait", wt.I64Const(-1)), wt.Drop,
		p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.I32Const(0), wt.I32LtS, wt.BrIf(0),
		kind, wt.I32Const(uint32(abi.EventAgentDone)), wt.I32Eq, wt.BrIf(1),
		kind, wt.I32Const(uint32(abi.EventAgentFailed)), wt.I32Eq, wt.If(p.exit(unexpected)),
		kind, wt.I32Const(uint32(abi.EventShutdown)), wt.I32Eq, wt.If(p.saved(2, wt.I32Const(1))),
		wt.Br(0),
	))
}

// failingFirst is a guest that fails once, and finds out from its database that it has.
func failingFirst(p *puppet) *puppet {
	return p.main(p.openDatabase(), p.exec("CREATE TABLE IF NOT EXISTS t(x)"),
		p.host("sqlite.exec", p.loaded(0), p.text("CREATE TABLE tried(x)")), wt.I32Eqz, wt.If(
			p.must(0, p.host("lifecycle.fail", p.text("upstream_down"), wt.I32Const(1), p.text("no route"))), p.exit(75)),
		p.exec("DROP TABLE tried"), p.ready(), p.idle())
}

// tidying is a guest that has something to write down when it is told to end.
func tidying(p *puppet) *puppet {
	return p.main(p.openDatabase(), p.ready(), p.awaitEnd(), p.insert(), p.must(0, p.host("sqlite.close", p.loaded(0))), p.exit(0))
}

// awaitEnd waits for the event that asks the guest to end, and goes on.
func (p *puppet) awaitEnd() wt.Code {
	return wt.Block(wt.Loop(
		p.host("event.wait", wt.I64Const(-1)), wt.Drop,
		p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.I32Const(0), wt.I32LtS, wt.BrIf(0),
		wt.I32Const(p.events), wt.I32Load, wt.I32Const(uint32(abi.EventShutdown)), wt.I32Eq, wt.BrIf(1),
		wt.Br(0),
	))
}

// starts lets the slot run.
func (b *breaker) starts() error { return b.Resume(context.Background(), puppetName) }

// asks sends a request. Callers always hear something: the answer, or why there is none, or the end of their connection.
func (b *breaker) asks(want string) error {
	address := b.slotOf(puppetName).status().Listen
	if address == "" {
		return errors.New("it does not listen")
	}
	response, err := b.client.Post("http://"+address+"/", "text/plain", strings.NewReader("body"))
	if err != nil {
		return b.cut(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return b.cut(err)
	case response.StatusCode == http.StatusOK && string(body) == want:
		return nil
	case response.StatusCode < 500 || response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "":
		b.t.Errorf("the caller got %s %q", response.Status, body)
	}
	return errors.New(response.Status)
}

// cut checks that a caller did not have to give up waiting.
func (b *breaker) cut(err error) error {
	if b.faults.starves() {
		return err
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		b.t.Errorf("the caller waited in vain: %v", err)
	}
	return err
}

// retries lets the slot run, fail, and run again.
func (b *breaker) retries() error {
	b.must(os.RemoveAll(filepath.Join(b.dataDir(), puppetName))) // so that the guest does not remember another run
	if err := b.starts(); !errors.Is(err, supervisor.ErrNotReady) {
		return fmt.Errorf("the first run did not fail, but: %v", err)
	}
	return b.Restart(context.Background(), puppetName)
}

// handsOver restarts the slot while a stream is in progress.
func (b *breaker) handsOver() error {
	if err := b.starts(); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() { asked <- b.asks("word.word.") }()
	err := b.Restart(context.Background(), puppetName)
	err = errors.Join(err, <-asked, b.asks("word.word."))
	b.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	return err
}

// moves lets the slot run, and gives it another address.
func (b *breaker) moves() error {
	if err := b.starts(); err != nil {
		return err
	}
	here, there := "127.0.0.1:0", "localhost:0"
	if strings.Contains(b.plan.toml, there) {
		here, there = there, here
	}
	listen := func(address string) string { return `listen = "` + address + `"` }
	b.plan.toml = strings.Replace(b.plan.toml, listen(here), listen(there), 1)
	b.configure(b.plan.toml)
	_, err := b.Reload(context.Background())
	if err == nil {
		err = b.asks("answer")
	}
	b.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	return err
}

// shutsDown lets the slot run, and pauses it.
func (b *breaker) shutsDown() error {
	before := b.slotOf(puppetName).super.Status().LastErrorAt
	if err := b.starts(); err != nil {
		return err
	}
	if err := b.Pause(context.Background(), puppetName); err != nil {
		return err
	}
	if now := b.slotOf(puppetName).super.Status(); !now.LastErrorAt.Equal(before) {
		return errors.New(now.LastError)
	}
	return nil
}

// sound checks the puppet's databases.
func (h *harness) sound() {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dataDir(), puppetName, "*.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, file := range files {
		if finding := integrity(h.t, file); finding != "ok" {
			h.t.Errorf("integrity check of %s: %s", file, finding)
		}
	}
}

// integrity is what SQLite says of a database file.
func integrity(t *testing.T, file string) string {
	t.Helper()
	db, err := sqlite3.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	check, _, err := db.Prepare("PRAGMA integrity_check")
	if err != nil {
		t.Fatal(err)
	}
	defer check.Close()
	if !check.Step() {
		t.Fatal(check.Err())
	}
	return check.ColumnText(0)
}

// storedResponse is the real API server, which stores an answer. What it has said is stored can be read afterwards.
func storedResponse() faultScenario {
	var acknowledged string // of the run before the last rest
	toml := func(t *testing.T, dir string) string {
		return adapter(puppetName, adaptertest.APIServerFile(t, dir), `listen = "127.0.0.1:0"`, `key = "`+goodKey+`"`,
			`backoff = { initial = "1h", max = "1h" }`, `limits = { answer_timeout = "5s" }`)
	}
	drive := func(b *breaker) error {
		acknowledged = ""
		if err := b.starts(); err != nil {
			return err
		}
		var err error
		acknowledged, err = b.stores()
		return err
	}
	after := func(b *breaker) {
		b.must(b.starts())
		// A store that refuses the row costs the client the row and not the answer: the gap that ARCHITECTURE.md names.
		if acknowledged != "" && !b.faults.refused {
			b.reads(acknowledged)
		}
		b.rest()
	}
	return faultScenario{name: "stored response", toml: toml, drive: drive, after: after, slow: true}
}

// stores has a response stored, and gives its id once it is acknowledged.
func (b *breaker) stores() (id string, err error) {
	response, err := b.api("POST", "v1/responses", `{"model":"any","input":"keep this"}`)
	if err != nil {
		return "", b.cut(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", b.cut(err)
	}
	var said struct{ ID, Status string }
	if response.StatusCode != http.StatusOK || json.Unmarshal(text, &said) != nil || said.Status != "completed" {
		return "", fmt.Errorf("%s: %s", response.Status, text)
	}
	return said.ID, nil
}

// reads fails the test unless a response is there.
func (b *breaker) reads(id string) {
	b.t.Helper()
	response, err := b.api("GET", "v1/responses/"+id, "")
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), "first last") {
		b.t.Errorf("an acknowledged response is lost: %s %v: %s", response.Status, err, text)
	}
}

func (b *breaker) api(method, path, body string) (*http.Response, error) {
	request, err := http.NewRequest(method, "http://"+b.slotOf(puppetName).status().Listen+"/"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+goodKey)
	request.Header.Set("Content-Type", "application/json")
	return b.client.Do(request)
}
