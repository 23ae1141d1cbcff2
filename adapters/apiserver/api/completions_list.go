package api

import (
	"strings"

	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// listBytes ends a page early, so that a hundred long completions are several pages and not one answer beyond all bounds.
const listBytes = 8 << 20

// listCompletions is GET /v1/chat/completions: the stored ones, by model and metadata if the query names them.
// https://platform.openai.com/docs/api-reference/chat/list
func (a *app) listCompletions(c *call) {
	page, fault := ascendingPage(c)
	if fault != nil {
		c.refuse(fault)
		return
	}
	f := store.Filter{Descending: !page.Ascending, Labels: metadataQuery(c.x.Query)}
	f.Model, _ = c.x.QueryValue("model")
	if page.After != "" {
		k, ok, err := a.store.Completion(page.After)
		if err != nil {
			c.refuse(a.storeFailed("completion not read", page.After, err))
			return
		}
		if !ok {
			c.refuse(openai.Invalid("after", "Invalid 'after': there is no stored completion with id '"+page.After+"'."))
			return
		}
		f.After = k.After()
	}
	a.out = append(a.out[:0], `{"object":"list","data":[`...)
	list := completionList{limit: page.Limit}
	err := a.store.Completions(f, func(k *store.FoundCompletion, object []byte) bool {
		var more bool
		a.out, more = list.add(a.out, k, object)
		return more
	})
	if err != nil {
		c.refuse(a.storeFailed("completions not listed", "", err))
		return
	}
	a.out = list.end(a.out)
	c.replyOut()
}

// completionList is a page as it grows.
type completionList struct {
	limit, n    int
	first, last string
	more        bool
}

// add appends a completion, or finds that it belongs to the next page.
func (l *completionList) add(dst []byte, k *store.FoundCompletion, object []byte) ([]byte, bool) {
	if l.n == l.limit || l.n > 0 && len(dst)+len(object) > listBytes {
		l.more = true
		return dst, false
	}
	if l.n == 0 {
		l.first = k.ID
	} else {
		dst = append(dst, ',')
	}
	l.n++
	l.last = k.ID
	return chat.AppendWithMetadata(dst, object, k.Metadata), true
}

func (l *completionList) end(dst []byte) []byte {
	dst = append(dst, `],"first_id":`...)
	dst = jsontext.AppendStringOrNull(dst, l.first)
	dst = append(dst, `,"last_id":`...)
	dst = jsontext.AppendStringOrNull(dst, l.last)
	if l.more {
		return append(dst, `,"has_more":true}`...)
	}
	return append(dst, `,"has_more":false}`...)
}

// metadataQuery reads the pairs metadata[key]=value of a query.
func metadataQuery(query string) (labels []store.Pair) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		key, ok := strings.CutPrefix(name, "metadata[")
		if key, closed := strings.CutSuffix(key, "]"); ok && closed {
			labels = append(labels, store.Pair{Key: key, Value: value})
		}
	}
	return labels
}

// unescape decodes one part of a query, "" if it is malformed.
func unescape(s string) string {
	r := sdk.Request{Query: "v=" + s}
	value, _ := r.QueryValue("v")
	return value
}
