package openai

import "innkeeper/adapters/lib/jsontext"

// ParseBody reads a request body, which has to be one JSON object.
func ParseBody(doc *jsontext.Doc, body []byte) (jsontext.Value, *Error) {
	if err := doc.Parse(body); err != nil {
		return jsontext.Value{}, &Error{
			Status: 400, Type: TypeInvalidRequest, Code: "invalid_json",
			Message: "The body of the request is not valid JSON: " + err.Error() + ".",
		}
	}
	root := doc.Root()
	if root.Kind() != jsontext.Object {
		return jsontext.Value{}, &Error{
			Status: 400, Type: TypeInvalidRequest, Code: "invalid_type",
			Message: "The body of the request must be a JSON object, not " + root.Kind().String() + ".",
		}
	}
	return root, nil
}
