package api

import (
	_ "embed"
)

// description is the OpenAPI 3.1 description of this API. Tests compare it with the routes, and real answers with it.
// https://spec.openapis.org/oas/v3.1.1.html
//
//go:embed openapi.json
var description []byte

// openAPI is GET /openapi.json. It tells nothing that is not public, so it needs no key.
func (a *app) openAPI(c *call) { c.reply(description) }
