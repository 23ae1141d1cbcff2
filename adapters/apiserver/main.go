// Command apiserver is the bundled adapter api_server: an OpenAI-compatible API in front of the agent.
package main

import (
	"innkeeper/adapters/apiserver/api"
	"innkeeper/adapters/sdk"
)

func main() { sdk.Main(api.Setup) }
