package api

const healthy = `{"status":"ok"}`

// health is GET /health and GET /v1/health. That it answers is the answer.
func (a *app) health(c *call) {
	a.out = append(a.out[:0], healthy...)
	c.replyOut()
}
