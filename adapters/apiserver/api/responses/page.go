package responses

import (
	"slices"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// Page says which part of a list is wanted. https://platform.openai.com/docs/api-reference/responses/input-items
type Page struct {
	Limit         int // 1 to MaxPage
	Ascending     bool
	After, Before string // ids of items, "" for none
}

// Bounds of Page.Limit.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// AppendPage appends the list object of a page of items, each of which has an id.
func AppendPage(dst []byte, list jsontext.Value, p Page) ([]byte, *openai.Error) {
	items, more, err := p.pick(list)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"object":"list","data":[`...)
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, item.Raw()...)
	}
	first, last := []byte("null"), []byte("null")
	if len(items) > 0 {
		first, last = items[0].Get("id").Raw(), items[len(items)-1].Get("id").Raw()
	}
	dst = append(dst, `],"first_id":`...)
	dst = append(dst, first...)
	dst = append(dst, `,"last_id":`...)
	dst = append(dst, last...)
	dst = append(dst, `,"has_more":`...)
	dst = appendBool(dst, more)
	return append(dst, '}'), nil
}

// pick gives the items of the page and reports whether there are more in its direction.
func (p Page) pick(list jsontext.Value) (items []jsontext.Value, more bool, fault *openai.Error) {
	for it := list.Items(); it.Next(); {
		items = append(items, it.Value)
	}
	if !p.Ascending {
		slices.Reverse(items)
	}
	if p.After != "" {
		at := find(items, p.After)
		if at < 0 {
			return nil, false, noCursor("after", p.After)
		}
		items = items[at+1:]
	}
	backwards := false
	if p.Before != "" {
		at := find(items, p.Before)
		if at < 0 {
			return nil, false, noCursor("before", p.Before)
		}
		items, backwards = items[:at], p.After == ""
	}
	switch more = len(items) > p.Limit; {
	case more && backwards: // those next to the item that is named
		items = items[len(items)-p.Limit:]
	case more:
		items = items[:p.Limit]
	}
	return items, more, nil
}

func find(items []jsontext.Value, id string) int {
	return slices.IndexFunc(items, func(v jsontext.Value) bool { return v.Get("id").Is(id) })
}

func noCursor(param, id string) *openai.Error {
	return openai.Invalid(param, "Invalid '"+param+"': there is no item with id '"+id+"' on this side.")
}
