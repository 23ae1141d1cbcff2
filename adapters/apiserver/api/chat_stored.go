package api

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// keepsake is what a completion that will be stored needs of its request, which is gone by then.
type keepsake struct {
	entry work.Completion
	echo  []byte
	held  int // the part of app.held that is this one's
}

// keepsakeOf is nil for a request whose completion is not to be stored.
func (a *app) keepsakeOf(r *chat.Request, answer *chat.Answer, requestID string) *keepsake {
	if !r.Store || a.settings.work.Completions == 0 {
		return nil
	}
	k := &keepsake{echo: r.AppendEcho(nil, requestID)}
	k.entry = work.Completion{ID: answer.ID, Model: answer.Model, Messages: r.AppendStoredMessages(nil, answer.ID)}
	k.entry.Metadata, k.entry.Labels = metadataOf(r.Metadata)
	k.held = len(k.echo) + len(k.entry.Messages)
	a.held += k.held
	return k
}

// metadataOf is a checked metadata object, as it is shown and as pairs to find it by.
func metadataOf(v jsontext.Value) (object []byte, labels []work.Pair) {
	if !v.Set() {
		return []byte("{}"), nil
	}
	for m := v.Members(); m.Next(); {
		labels = append(labels, work.Pair{Key: string(m.Name()), Value: m.Value.Text()})
	}
	return append([]byte(nil), v.Raw()...), labels
}

// keep stores a completion that came to its end. A store that fails costs the client the stored copy, not the answer.
func (c *completion) keep(done openai.Done) {
	if c.kept == nil {
		return
	}
	entry := c.kept.entry
	entry.Object = c.answer.AppendStored(nil, done, c.kept.echo)
	if err := c.app.work.AddCompletion(entry); err != nil {
		c.app.workFailed("completion not stored", entry.ID, err)
	}
}
