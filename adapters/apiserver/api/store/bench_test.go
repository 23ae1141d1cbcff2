package store

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// BenchmarkResponses shows that put and get do not depend on how many responses there are.
func BenchmarkResponses(b *testing.B) {
	for _, records := range []int{100, 100_000} {
		s, _ := open(b, b.TempDir(), Limits{Responses: records})
		e := response("x")
		e.Object = bytes.Repeat([]byte("r"), 1500)
		put := func(id int) {
			e.ID = name("resp_", id)
			add(b, s, e)
		}
		for id := range records {
			put(id)
		}
		next := records
		b.Run(fmt.Sprint("put/", records), func(b *testing.B) {
			for b.Loop() {
				put(next)
				next++
			}
		})
		b.Run(fmt.Sprint("get/", records), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if !has(b, s, name("resp_", next-1-i%records)) {
					b.Fatal("missing")
				}
			}
		})
	}
}

// BenchmarkKeys is the same for answers under a key.
func BenchmarkKeys(b *testing.B) {
	for _, records := range []int{100, 20_000} {
		s, _ := open(b, b.TempDir(), Limits{Keys: records, KeyAge: time.Hour})
		for i := range records {
			answer(b, s, name("old", i))
		}
		next := 0
		b.Run(fmt.Sprint("put/", records), func(b *testing.B) {
			for b.Loop() {
				answer(b, s, name("key", next))
				next++
			}
		})
		b.Run(fmt.Sprint("get/", records), func(b *testing.B) {
			for b.Loop() {
				k, found, err := s.Key(name("key", next-1))
				if _, _, err2 := s.KeyAnswer(&k); !found || err != nil || err2 != nil {
					b.Fatal(found, err, err2)
				}
			}
		})
	}
}

// BenchmarkOpen is what the database adds to the start of an instance.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		s, _ := open(b, dir, some)
		try(b, s.Close())
	}
}
