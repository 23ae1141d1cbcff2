package gateway

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// work is what is in progress over one hand-over: a stream, a background response, another that is cancelled, a run whose
// events are followed, and a request under an Idempotency-Key.
type work struct {
	l             *handoverLoad
	name          string
	stream        *http.Response
	lines         *bufio.Reader
	response, run string
	unwanted      string // response that is cancelled
	keyed         chan answered
	followed      chan answered
}

type answered struct {
	text string
	err  error
}

func (l *handoverLoad) begin(name string) *work {
	l.t.Helper()
	w := &work{l: l, name: name, keyed: make(chan answered, 2), followed: make(chan answered, 1)}
	held := fmt.Sprintf(`{"role":"user","content":"hold %s"}`, name)
	var err error
	if w.stream, err = l.send(http.DefaultClient, "POST", "v1/chat/completions", `{"model":"any","stream":true,"messages":[`+held+`]}`, ""); err != nil {
		l.t.Fatal(err)
	}
	w.lines = bufio.NewReader(w.stream.Body)
	if line, err := w.lines.ReadString('\n'); err != nil {
		l.t.Fatalf("the stream begins with %q: %v", line, err)
	}
	w.response = w.create("v1/responses", `{"model":"any","background":true,"input":[`+held+`]}`)
	w.unwanted = w.create("v1/responses", `{"model":"any","background":true,"input":"hold for ever"}`)
	w.run = w.create("v1/runs", `{"model":"any","input":[`+held+`]}`)
	<-l.agent.gate(name).begun
	w.askKeyed()
	return w
}

// create starts work and returns its id.
func (w *work) create(path, body string) string {
	w.l.t.Helper()
	var object struct{ ID string }
	if err := w.l.object("POST", path, body, &object); err != nil {
		w.l.t.Fatalf("%s: %v", w.name, err)
	}
	return object.ID
}

func (l *handoverLoad) object(method, path, body string, into any) error {
	response, err := l.send(http.DefaultClient, method, path, body, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}

// askKeyed sends the same request under the same key.
func (w *work) askKeyed() {
	body := fmt.Sprintf(`{"model":"any","input":"hold %s"}`, w.name)
	go w.l.read(w.keyed, "POST", "v1/responses", body, "key-"+strings.ReplaceAll(w.name, " ", "-"))
}

// read reads a whole answer, however long that takes.
func (l *handoverLoad) read(into chan<- answered, method, path, body, key string) {
	response, err := l.send(http.DefaultClient, method, path, body, key)
	if err != nil {
		into <- answered{err: err}
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	into <- answered{string(text), err}
}

// goesOn checks that what was in progress is alive behind the successor.
func (w *work) goesOn() {
	w.l.t.Helper()
	w.is("v1/responses/"+w.response, "in_progress")
	w.askKeyed() // again: the answer in the making belongs to the predecessor, and so do the events of its run
	go w.l.read(w.followed, "GET", "v1/runs/"+w.run+"/events", "", "")
	var object struct{ Status string }
	err := w.l.object("POST", "v1/responses/"+w.unwanted+"/cancel", "", &object)
	if err == nil && object.Status != "cancelled" {
		err = fmt.Errorf("%w: %s: what was cancelled is %s", errWork, w.name, object.Status)
	}
	w.counts(err)
}

// ends checks that everything comes to its end.
func (w *work) ends() {
	w.l.t.Helper()
	defer w.stream.Body.Close()
	rest, err := io.ReadAll(w.lines)
	if err == nil && !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		err = fmt.Errorf("%w: %q", errCut, rest)
	}
	w.counts(err)
	first, second := <-w.keyed, <-w.keyed
	w.counts(errors.Join(first.err, second.err))
	if first.text != second.text {
		w.l.t.Errorf("%s: two answers under one key:\n%s\n%s", w.name, first.text, second.text)
	}
	events := <-w.followed
	if events.err == nil && !strings.Contains(events.text, "completed") {
		events.err = fmt.Errorf("%w: the events of a run: %q", errCut, events.text)
	}
	w.counts(events.err)
	w.is("v1/responses/"+w.response, "completed")
	w.is("v1/runs/"+w.run, "completed")
}

// is waits until an object has a status; one that failed is counted.
func (w *work) is(path, status string) {
	w.l.t.Helper()
	var object struct{ Status string }
	for deadline := time.Now().Add(patience); ; {
		err := w.l.object("GET", path, "", &object)
		switch {
		case err == nil && object.Status == status:
			w.counts(nil)
			return
		case err == nil && (object.Status == "queued" || object.Status == "in_progress") && time.Now().Before(deadline):
			time.Sleep(10 * time.Millisecond) // a client polls, too
			continue
		case err == nil:
			err = fmt.Errorf("%w: %s: %s is %s, want %s", errWork, w.name, path, object.Status, status)
		}
		w.counts(err)
		return
	}
}

// counts counts what became of a piece of work, and says what was wrong.
func (w *work) counts(err error) {
	w.l.t.Helper()
	w.l.tally.count(err)
	if err != nil {
		w.l.t.Errorf("%s: %v", w.name, err)
	}
}
