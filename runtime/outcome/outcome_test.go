package outcome_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"innkeeper/runtime/outcome"
)

func TestFailureDecidesByWhetherTryingAgainHelps(t *testing.T) {
	final := outcome.Failure{Code: "bad_token", Message: "it was refused"}.Outcome()
	if final.Verdict != outcome.Final || final.Text() != "bad_token: it was refused" {
		t.Errorf("got %+v", final)
	}
	if retry := (outcome.Failure{Code: "net", Retryable: true}).Outcome(); retry.Verdict != outcome.Retry || retry.Text() != "net" {
		t.Errorf("got %+v", retry)
	}
}

func TestStopIsFoundAsTheCauseOfAContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(outcome.Stop{Reason: "handover", Budget: time.Minute})
	stop, ok := errors.AsType[outcome.Stop](context.Cause(ctx))
	if !ok || stop.Reason != "handover" || stop.Budget != time.Minute {
		t.Errorf("got %+v, %v", stop, ok)
	}
}
