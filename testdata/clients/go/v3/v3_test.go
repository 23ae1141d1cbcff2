// Package v3 tries the official Go client of the current line. https://github.com/openai/openai-go
package v3

import (
	"context"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"innkeeper.test/clients/feature"
)

const (
	module = "github.com/openai/openai-go/v3"
	model  = "innkeeper"
)

// parameters is the schema of the one function that is offered.
var parameters = map[string]any{
	"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
	"required": []string{"city"}, "additionalProperties": false,
}

func TestClient(t *testing.T) {
	baseURL, key := feature.Server(t)
	api := openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithMaxRetries(0))
	for _, f := range []struct {
		title string
		body  func(context.Context, *testing.T, openai.Client)
	}{
		{"chat: create", chatCreate},
		{"chat: stream", chatStream},
		{"chat: function tools", chatTools},
		{"responses: create", responsesCreate},
		{"responses: retrieve, delete", responsesStored},
		{"responses: stream", responsesStream},
		{"responses: function tools", responsesTools},
		{"responses: resume a stream", responsesResume},
		{"responses: cancel", responsesCancel},
		{"websocket: create, chained", websocketChained},
		{"websocket: streams side by side", websocketLanes},
	} {
		feature.Try(t, module, f.title, func(ctx context.Context, t *testing.T) { f.body(ctx, t, api) })
	}
}

// must is the value of a call that has to work.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func ask(input string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(input)}}
}

func respond(input string) responses.ResponseNewParams {
	return responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(input)}}
}

func chatCreate(ctx context.Context, t *testing.T, api openai.Client) {
	answer := must(api.Chat.Completions.New(ctx, ask("say hi")))(t)
	equal(t, "text", answer.Choices[0].Message.Content, "say hi")
	equal(t, "finish", answer.Choices[0].FinishReason, "stop")
}

func chatStream(ctx context.Context, t *testing.T, api openai.Client) {
	stream := api.Chat.Completions.NewStreaming(ctx, ask("one two three"))
	defer stream.Close()
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		if !all.AddChunk(stream.Current()) {
			t.Fatal("a chunk does not fit")
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "text", all.Choices[0].Message.Content, "one two three")
}

func chatTools(ctx context.Context, t *testing.T, api openai.Client) {
	params := ask("how is it?")
	params.Tools = []openai.ChatCompletionToolUnionParam{
		openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "weather", Parameters: parameters}),
	}
	asked := must(api.Chat.Completions.New(ctx, params))(t).Choices[0]
	call := asked.Message.ToolCalls[0]
	equal(t, "function", call.Function.Name, "weather")
	params.Messages = append(params.Messages, asked.Message.ToParam(), openai.ToolMessage("sunny", call.ID))
	equal(t, "text", must(api.Chat.Completions.New(ctx, params))(t).Choices[0].Message.Content, "tool weather said: sunny")
}

func responsesCreate(ctx context.Context, t *testing.T, api openai.Client) {
	answer := must(api.Responses.New(ctx, respond("say hi")))(t)
	equal(t, "text", answer.OutputText(), "say hi")
	equal(t, "status", answer.Status, responses.ResponseStatusCompleted)
}

func responsesStored(ctx context.Context, t *testing.T, api openai.Client) {
	made := must(api.Responses.New(ctx, respond("keep this")))(t)
	kept := must(api.Responses.Get(ctx, made.ID, responses.ResponseGetParams{}))(t)
	equal(t, "kept", kept.RawJSON(), made.RawJSON())
	if err := api.Responses.Delete(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Responses.Get(ctx, made.ID, responses.ResponseGetParams{}); err == nil {
		t.Error("it is still there")
	}
}

func responsesStream(ctx context.Context, t *testing.T, api openai.Client) {
	stream := api.Responses.NewStreaming(ctx, respond("one two three"))
	defer stream.Close()
	var said string
	for stream.Next() {
		switch event := stream.Current().AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			said += event.Delta
		case responses.ResponseCompletedEvent:
			equal(t, "text", event.Response.OutputText(), "one two three")
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "deltas", said, "one two three")
}

func responsesTools(ctx context.Context, t *testing.T, api openai.Client) {
	params := respond("how is it?")
	params.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction("weather", parameters, true)}
	asked := must(api.Responses.New(ctx, params))(t)
	call := asked.Output[0].AsFunctionCall()
	equal(t, "function", call.Name, "weather")
	params.PreviousResponseID = openai.String(asked.ID)
	result := responses.ResponseInputItemParamOfFunctionCallOutput("sunny")
	result.OfFunctionCallOutput.CallID = openai.String(call.CallID)
	params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{result}}
	equal(t, "text", must(api.Responses.New(ctx, params))(t).OutputText(), "tool weather said: sunny")
}

func responsesResume(ctx context.Context, t *testing.T, api openai.Client) {
	params := respond(strings.Repeat("word ", 100))
	params.Background = openai.Bool(true)
	first := api.Responses.NewStreaming(ctx, params)
	if !first.Next() {
		t.Fatal("no event", first.Err())
	}
	created := first.Current()
	first.Close()
	// The client itself says that it wants a stream in the body of the GET only, which the reference does not know.
	rest := api.Responses.GetStreaming(ctx, created.Response.ID, responses.ResponseGetParams{StartingAfter: openai.Int(created.SequenceNumber)},
		option.WithQuery("stream", "true"))
	defer rest.Close()
	last := created
	for rest.Next() {
		equal(t, "sequence_number", rest.Current().SequenceNumber, last.SequenceNumber+1)
		last = rest.Current()
	}
	if err := rest.Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "end", last.Type, "response.completed")
}

func responsesCancel(ctx context.Context, t *testing.T, api openai.Client) {
	params := respond(strings.Repeat("word ", 4000))
	params.Background = openai.Bool(true)
	job := must(api.Responses.New(ctx, params))(t)
	equal(t, "status", must(api.Responses.Cancel(ctx, job.ID))(t).Status, responses.ResponseStatusCancelled)
}

func connect(ctx context.Context, t *testing.T, api openai.Client) *responses.ResponseConnection {
	t.Helper()
	c := must(api.Responses.Connect(ctx, responses.ResponseConnectionOptions{}))(t)
	t.Cleanup(c.Abort)
	return c
}

func create(input string) responses.ResponsesClientEventResponseCreateParam {
	return responses.ResponsesClientEventResponseCreateParam{
		Model: model,
		Input: responses.ResponsesClientEventResponseCreateInputUnionParam{OfString: openai.String(input)},
	}
}

func websocketChained(ctx context.Context, t *testing.T, api openai.Client) {
	c := connect(ctx, t, api)
	params := create("one two")
	params.Store = openai.Bool(false)
	if err := c.Create(ctx, params); err != nil {
		t.Fatal(err)
	}
	first := must(c.FinalResponse(ctx))(t)
	equal(t, "text", first.OutputText(), "one two")
	params = create("more")
	params.PreviousResponseID = openai.String(first.ID)
	if err := c.Create(ctx, params); err != nil {
		t.Fatal(err)
	}
	if second := must(c.FinalResponse(ctx))(t); second.Usage.InputTokens <= first.Usage.InputTokens {
		t.Error("the agent was not told what came before")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func websocketLanes(ctx context.Context, t *testing.T, api openai.Client) {
	c := connect(ctx, t, api)
	long, short := strings.Repeat("word ", 400), "one two"
	var lanes []*responses.ResponseLane
	for i, input := range []string{long, short} {
		id := []string{"long", "short"}[i]
		lanes = append(lanes, must(c.Lane(id))(t))
		params := create(input)
		params.StreamID = openai.String(id)
		if err := c.Create(ctx, params); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "short", must(lanes[1].FinalResponse(ctx))(t).OutputText(), short)
	equal(t, "long", must(lanes[0].FinalResponse(ctx))(t).OutputText(), long)
}
