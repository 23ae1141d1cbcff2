package responses

import "innkeeper/adapters/lib/jsontext"

// A custom tool takes a text where a function takes JSON. The agent knows functions only, so it is offered a function of
// one string, and its call is turned back. https://platform.openai.com/docs/guides/function-calling#custom-tools

// customParameters is the JSON schema of that function.
const customParameters = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`

// CustomTools are the names of the custom tools that are offered.
func (r *Request) CustomTools() (names []string) {
	for it := r.tools.Items(); it.Next(); {
		if isCustom(it.Value) {
			names = append(names, it.Value.Get("name").Text())
		}
	}
	return names
}

// appendCustomFunction appends the function object that stands for a custom tool. A grammar that the input has to follow can only be
// told to the agent, not enforced.
func appendCustomFunction(dst []byte, tool jsontext.Value) []byte {
	dst = append(dst, `{"name":`...)
	dst = append(dst, tool.Get("name").Raw()...)
	text := tool.Get("description").Text()
	if format := tool.Get("format"); format.Get("type").Is("grammar") {
		if text != "" {
			text += "\n\n"
		}
		text += "The input has to follow this " + format.Get("syntax").Text() + " grammar:\n" + format.Get("definition").Text()
	}
	if text != "" {
		dst = append(dst, `,"description":`...)
		dst = jsontext.AppendString(dst, text)
	}
	dst = append(dst, `,"parameters":`...)
	dst = append(dst, customParameters...)
	return append(dst, '}')
}

// customInput is the input in the arguments of such a function; arguments of another form are taken for it themselves.
func customInput(arguments []byte) []byte {
	var doc jsontext.Doc
	if doc.Parse(arguments) != nil {
		return arguments
	}
	input := doc.Root().Get("input")
	if input.Kind() != jsontext.String {
		return arguments
	}
	return input.AppendText(nil)
}

// customArguments are the arguments of such a function for an input.
func customArguments(input jsontext.Value) string {
	return `{"input":` + string(input.Raw()) + `}`
}

// appendCustomTool appends a custom tool as the Response object repeats it.
func appendCustomTool(dst []byte, tool jsontext.Value) []byte {
	dst = append(dst, `{"type":"custom","name":`...)
	dst = append(dst, tool.Get("name").Raw()...)
	dst = append(dst, `,"description":`...)
	dst = appendOr(dst, tool.Get("description"), "null")
	dst = append(dst, `,"format":`...)
	dst = appendOr(dst, tool.Get("format"), `{"type":"text"}`)
	return append(dst, '}')
}
