package api

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// completionRecord is what a completion that will be stored needs of its request, which is gone by then.
type completionRecord struct {
	entry  store.Completion
	echo   []byte
	memory reservation
}

// recordOf is nil for a request whose completion is not to be stored.
func (a *app) recordOf(r *chat.Request, answer *chat.Answer, requestID string) *completionRecord {
	if !r.Store || a.settings.kept.Completions == 0 {
		return nil
	}
	k := &completionRecord{echo: r.AppendEcho(nil, requestID)}
	k.entry = store.Completion{ID: answer.ID, Model: answer.Model, Messages: r.AppendStoredMessages(nil, answer.ID)}
	k.entry.Metadata, k.entry.Labels = metadataOf(r.Metadata)
	k.memory = a.memory.reserve(len(k.echo) + len(k.entry.Messages))
	return k
}

// metadataOf is a checked metadata object, as it is shown and as pairs to find it by.
func metadataOf(v jsontext.Value) (object []byte, labels []store.Pair) {
	if !v.Set() {
		return []byte("{}"), nil
	}
	for m := v.Members(); m.Next(); {
		labels = append(labels, store.Pair{Key: string(m.Name()), Value: m.Value.Text()})
	}
	return append([]byte(nil), v.Raw()...), labels
}

// keep stores a completion that came to its end. A store that fails costs the client the stored copy, not the answer.
func (p *completion) keep(done openai.Done) {
	if p.record == nil {
		return
	}
	entry := p.record.entry
	entry.Object = p.answer.AppendStored(nil, done, p.record.echo)
	if err := p.app.store.AddCompletion(entry); err != nil {
		p.app.storeFailed("completion not stored", entry.ID, err)
	}
}
