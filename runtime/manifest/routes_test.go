package manifest

import "testing"

func TestValidPattern(t *testing.T) {
	for _, s := range []string{"/", "/health", "/v1/responses/{id}", "/v1/{a}/{b}", "/files/{path...}", "/a.b/~c-d_e"} {
		if !ValidPath(s) {
			t.Errorf("%s refused", s)
		}
	}
	for _, s := range []string{
		"", "a", "//", "/a/", "/a//b", "/.", "/a/..", "/{}", "/{a", "/a}", "/{a}b", "/{a}/{a}", "/{a...}/b", "/{A}", "/{...}",
		"/a b", "/a?b", "/a%2fb", "/a\x00", "/{{a}}", "/ü",
	} {
		if ValidPath(s) {
			t.Errorf("%s accepted", s)
		}
	}
}

func TestAmbiguousPatterns(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"/a", "/a", true},
		{"/a/{x}", "/a/{y}", true},
		{"/a/{x}", "/a/b", false},
		{"/a/{x}", "/{y}/b", true},
		{"/a/{x}", "/b/{x}", false},
		{"/a", "/a/b", false},
		{"/{x...}", "/a", false},
		{"/{x...}", "/{y...}", true},
		{"/a/{x...}", "/{y}/b", true},
		{"/a/{x...}", "/a/{y}/c", false},
		{"/a/{x...}", "/a", false},
		{"/", "/{x}", false},
	} {
		if ambiguous(tc.a, tc.b) != tc.want || ambiguous(tc.b, tc.a) != tc.want {
			t.Errorf("ambiguous(%s, %s) is not %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestValidListen(t *testing.T) {
	for _, s := range []string{"127.0.0.1:8642", ":0", "[::1]:80", "localhost:65535", "0.0.0.0:1", "[fe80::1%eth0]:5"} {
		if !ValidListen(s) {
			t.Errorf("%s refused", s)
		}
	}
	for _, s := range []string{"", "8642", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "a:65536", "a:-1", "a:+1", "a:01", "::1:80", "a b:1", "http://a:1", "a/b:1"} {
		if ValidListen(s) {
			t.Errorf("%s accepted", s)
		}
	}
}
