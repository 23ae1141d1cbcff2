// Package feature tells the Go suites where the server is, and records what they tried as one line of the matrix each.
package feature

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// limit is how long one feature may take.
const limit = time.Minute

// Server is the address of the API, with the trailing slash that the Go client's base URL needs, and its key.
func Server(t *testing.T) (baseURL, key string) {
	t.Helper()
	baseURL, key = os.Getenv("INNKEEPER_URL"), os.Getenv("INNKEEPER_KEY")
	if baseURL == "" || key == "" {
		t.Fatal("INNKEEPER_URL and INNKEEPER_KEY are not set; .ci/clients starts the server and sets them")
	}
	return baseURL + "/v1/", key
}

// Try runs one feature of the client whose module path is given, and records the outcome.
func Try(t *testing.T, module, title string, body func(context.Context, *testing.T)) {
	t.Helper()
	t.Run(title, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		defer func() {
			outcome := "works"
			if t.Failed() {
				outcome = "fails"
			}
			record(t, strings.TrimPrefix(module, "github.com/openai/")+" "+version(t, module), title, outcome)
		}()
		body(ctx, t)
	})
}

// version is the one that go.mod asks for; a test binary does not know its modules.
func version(t *testing.T, module string) string {
	t.Helper()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\t"+module+" ")
	if !found {
		t.Fatalf("go.mod does not ask for %s", module)
	}
	number, _, _ := strings.Cut(after, "\n")
	return number
}

func record(t *testing.T, client, title, outcome string) {
	name := os.Getenv("INNKEEPER_MATRIX")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "%s\t%s\t%s\n", client, title, outcome)
}
