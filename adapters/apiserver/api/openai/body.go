package openai

import "innkeeper/adapters/apiserver/api/rawjson"

// ParseBody reads a request body, which has to be one JSON object.
func ParseBody(doc *rawjson.Doc, body []byte) (rawjson.Value, *Error) {
	if err := doc.Parse(body); err != nil {
		return rawjson.Value{}, &Error{
			Status: 400, Type: TypeInvalidRequest, Code: "invalid_json",
			Message: "The body of the request is not valid JSON: " + err.Error() + ".",
		}
	}
	root := doc.Root()
	if root.Kind() != rawjson.Object {
		return rawjson.Value{}, &Error{
			Status: 400, Type: TypeInvalidRequest, Code: "invalid_type",
			Message: "The body of the request must be a JSON object, not " + root.Kind().String() + ".",
		}
	}
	return root, nil
}
