package api

import "innkeeper/adapters/sdk"

const healthy = `{"status":"ok"}`

// health is GET /health and GET /v1/health. That it answers is the answer.
func (a *app) health(x *sdk.Exchange) {
	a.out = append(a.out[:0], healthy...)
	a.reply(x, 200, a.out)
}
