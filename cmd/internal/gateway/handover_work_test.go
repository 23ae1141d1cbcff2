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

// work is what is in progress over one hand-over: a stream, a background response with a follower, a run, and a request
// under an Idempotency-Key.
type work struct {
	l             *handoverLoad
	name          string
	stream        *http.Response
	lines         *bufio.Reader
	response, run string
	keyed         chan keyedAnswer
}

type keyedAnswer struct {
	text string
	err  error
}

func (l *handoverLoad) begin(name string) *work {
	l.t.Helper()
	w := &work{l: l, name: name, keyed: make(chan keyedAnswer, 2)}
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
	go func() {
		body := fmt.Sprintf(`{"model":"any","input":"hold %s"}`, w.name)
		response, err := w.l.send(http.DefaultClient, "POST", "v1/responses", body, "key-"+strings.ReplaceAll(w.name, " ", "-"))
		if err != nil {
			w.keyed <- keyedAnswer{err: err}
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		w.keyed <- keyedAnswer{string(text), err}
	}()
}

// goesOn checks that what was in progress is alive behind the successor.
func (w *work) goesOn() {
	w.l.t.Helper()
	w.is("v1/responses/"+w.response, "in_progress")
	w.askKeyed() // again: the answer in the making belongs to the predecessor
}

// ends checks that everything comes to its end.
func (w *work) ends() {
	w.l.t.Helper()
	defer w.stream.Body.Close()
	rest, err := io.ReadAll(w.lines)
	if err == nil && !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		err = fmt.Errorf("%w: %q", errCut, rest)
	}
	w.l.tally.count(err)
	if !w.l.declared {
		<-w.keyed
		return
	}
	first, second := <-w.keyed, <-w.keyed
	w.l.tally.count(errors.Join(first.err, second.err))
	if first.text != second.text {
		w.l.t.Errorf("%s: two answers under one key:\n%s\n%s", w.name, first.text, second.text)
	}
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
			w.l.tally.count(nil)
			return
		case err == nil && (object.Status == "queued" || object.Status == "in_progress") && time.Now().Before(deadline):
			time.Sleep(10 * time.Millisecond) // a client polls, too
			continue
		case err == nil:
			err = fmt.Errorf("%w: %s: %s is %s, want %s", errWork, w.name, path, object.Status, status)
		}
		w.l.t.Error(err)
		w.l.tally.count(err)
		return
	}
}
