// Package v1 tries the official Go client of the first line. https://github.com/openai/openai-go/tree/v1.12.0
package v1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go"
	"github.com/openai/openai-go/option"
	"github.com/openai/openai-go/responses"
	"github.com/openai/openai-go/shared"

	"innkeeper.test/clients/feature"
)

const (
	module = "github.com/openai/openai-go"
	model  = "innkeeper"
)

// parameters is the schema of the one function that is offered.
var parameters = map[string]any{
	"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
	"required": []string{"city"}, "additionalProperties": false,
}

func text(input string) responses.ResponseNewParamsInputUnion {
	return responses.ResponseNewParamsInputUnion{OfString: openai.String(input)}
}

func TestClient(t *testing.T) {
	baseURL, key := feature.Server(t)
	api := openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithMaxRetries(0))
	for _, f := range []struct {
		title string
		body  func(context.Context, *testing.T, openai.Client)
	}{
		{"models", models},
		{"chat: create", chatCreate},
		{"chat: stream", chatStream},
		{"chat: function tools", chatTools},
		{"chat: JSON schema", chatSchema},
		{"errors", failures},
		{"responses: create", responsesCreate},
		{"responses: retrieve, delete", responsesStored},
		{"responses: stream", responsesStream},
		{"responses: function tools", responsesTools},
		{"responses: chained", responsesChained},
		{"responses: input_items", responsesInput},
		{"responses: cancel", responsesCancel},
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

func models(ctx context.Context, t *testing.T, api openai.Client) {
	page := must(api.Models.List(ctx))(t)
	if len(page.Data) == 0 {
		t.Fatal("no model")
	}
	equal(t, "model", must(api.Models.Get(ctx, page.Data[0].ID))(t).ID, page.Data[0].ID)
}

func ask(input string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(input)}}
}

func chatCreate(ctx context.Context, t *testing.T, api openai.Client) {
	answer := must(api.Chat.Completions.New(ctx, ask("say hi")))(t)
	equal(t, "text", answer.Choices[0].Message.Content, "say hi")
	equal(t, "finish", answer.Choices[0].FinishReason, "stop")
	equal(t, "usage", answer.Usage.TotalTokens, answer.Usage.PromptTokens+answer.Usage.CompletionTokens)
}

func chatStream(ctx context.Context, t *testing.T, api openai.Client) {
	params := ask("one two three")
	params.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	stream := api.Chat.Completions.NewStreaming(ctx, params)
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
	if all.Usage.CompletionTokens == 0 {
		t.Error("no usage")
	}
}

func chatTools(ctx context.Context, t *testing.T, api openai.Client) {
	params := ask("how is it?")
	params.Tools = []openai.ChatCompletionToolParam{{Function: shared.FunctionDefinitionParam{Name: "weather", Parameters: parameters}}}
	asked := must(api.Chat.Completions.New(ctx, params))(t).Choices[0]
	equal(t, "finish", asked.FinishReason, "tool_calls")
	call := asked.Message.ToolCalls[0]
	equal(t, "function", call.Function.Name, "weather")
	params.Messages = append(params.Messages, asked.Message.ToParam(), openai.ToolMessage("sunny", call.ID))
	equal(t, "text", must(api.Chat.Completions.New(ctx, params))(t).Choices[0].Message.Content, "tool weather said: sunny")
}

func chatSchema(ctx context.Context, t *testing.T, api openai.Client) {
	params := ask("a city")
	params.ResponseFormat = openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "place", Schema: parameters, Strict: openai.Bool(true)},
	}}
	var place struct{ City *string }
	content := must(api.Chat.Completions.New(ctx, params))(t).Choices[0].Message.Content
	if err := json.Unmarshal([]byte(content), &place); err != nil || place.City == nil {
		t.Errorf("%s: %v", content, err)
	}
}

func failures(ctx context.Context, t *testing.T, api openai.Client) {
	refused := func(err error, status int, code, param string) {
		t.Helper()
		var failure *openai.Error
		if !errors.As(err, &failure) {
			t.Fatalf("%v is no API error", err)
		}
		equal(t, "status", failure.StatusCode, status)
		equal(t, "code", failure.Code, code)
		equal(t, "param", failure.Param, param)
	}
	_, err := api.Chat.Completions.New(ctx, ask("hi"), option.WithAPIKey("not-the-key-at-all"))
	refused(err, http.StatusUnauthorized, "invalid_api_key", "")
	_, err = api.Responses.Get(ctx, "resp_none", responses.ResponseGetParams{})
	refused(err, http.StatusNotFound, "response_not_found", "response_id")
	params := ask("hi")
	params.N = openai.Int(2)
	_, err = api.Chat.Completions.New(ctx, params)
	refused(err, http.StatusBadRequest, "unsupported_parameter", "n")
}

func responsesCreate(ctx context.Context, t *testing.T, api openai.Client) {
	answer := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: text("say hi"), Instructions: openai.String("be brief")}))(t)
	equal(t, "text", answer.OutputText(), "say hi")
	equal(t, "status", answer.Status, responses.ResponseStatusCompleted)
}

func responsesStored(ctx context.Context, t *testing.T, api openai.Client) {
	made := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: text("keep this")}))(t)
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
	stream := api.Responses.NewStreaming(ctx, responses.ResponseNewParams{Model: model, Input: text("one two three")})
	defer stream.Close()
	var said string
	var final *responses.Response
	for number := int64(0); stream.Next(); number++ {
		event := stream.Current()
		equal(t, "sequence_number of "+event.Type, event.SequenceNumber, number)
		switch event := event.AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			said += event.Delta
		case responses.ResponseCompletedEvent:
			final = &event.Response
		}
	}
	if err := stream.Err(); err != nil || final == nil {
		t.Fatal(err, "or it was not completed")
	}
	equal(t, "deltas", said, "one two three")
	equal(t, "text", final.OutputText(), said)
}

func responsesTools(ctx context.Context, t *testing.T, api openai.Client) {
	params := responses.ResponseNewParams{
		Model: model, Input: text("how is it?"), Tools: []responses.ToolUnionParam{responses.ToolParamOfFunction("weather", parameters, true)},
	}
	asked := must(api.Responses.New(ctx, params))(t)
	call := asked.Output[0].AsFunctionCall()
	equal(t, "function", call.Name, "weather")
	params.PreviousResponseID = openai.String(asked.ID)
	params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{
		responses.ResponseInputItemParamOfFunctionCallOutput(call.CallID, "sunny"),
	}}
	equal(t, "text", must(api.Responses.New(ctx, params))(t).OutputText(), "tool weather said: sunny")
}

func responsesChained(ctx context.Context, t *testing.T, api openai.Client) {
	first := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: text("first words")}))(t)
	second := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: text("more"), PreviousResponseID: openai.String(first.ID)}))(t)
	equal(t, "previous_response_id", second.PreviousResponseID, first.ID)
	if second.Usage.InputTokens <= first.Usage.InputTokens {
		t.Error("the agent was not told what came before")
	}
}

func responsesInput(ctx context.Context, t *testing.T, api openai.Client) {
	made := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: text("keep this")}))(t)
	page := must(api.Responses.InputItems.List(ctx, made.ID, responses.InputItemListParams{}))(t)
	equal(t, "input", page.Data[0].AsMessage().Content[0].Text, "keep this")
}

func responsesCancel(ctx context.Context, t *testing.T, api openai.Client) {
	long := text(strings.Repeat("word ", 4000))
	job := must(api.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: long, Background: openai.Bool(true)}))(t)
	equal(t, "status", must(api.Responses.Cancel(ctx, job.ID))(t).Status, responses.ResponseStatusCancelled)
}
