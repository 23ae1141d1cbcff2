package manifest

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckKeyAccepts(t *testing.T) {
	for _, key := range []string{
		"q7Jw0zPv2Lk9xTeR",
		"ik_3lPlqzQmVh0n2J8kXc4TgYwR",
		"8f14e45fceea167a5a36dedd4bea2543",
		"9f86d081-884c-4d63-a8b1-2f3c4d5e6f",
		"3141592653589793238462643383",
		"test-3f9c2a7b1d5e8f60",
		"correct-horse-battery-staple",
		"p/q+r=~_.-!$&'()*,;:@?09",
	} {
		if err := CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
	}
}

func TestCheckKeyRefuses(t *testing.T) {
	for want, keys := range map[error][]string{
		ErrKeyShort:      {"", "q", "q7Jw0zPv2Lk9xTe"},
		ErrKeyLong:       {strings.Repeat("q7Jw0zPv", 600), strings.Repeat("changeme", 600)},
		ErrKeyCharacters: {"correct horse battery staple", "q7Jw0zPv2Lk9xTeR\n", "schlüssel-zum-gasthaus-nr-9"},
		ErrKeyPlaceholder: {
			"changeme", "CHANGE-ME-CHANGE-ME-PLEASE", "your-api-key", "your_api_key_here", "YourApiKeyGoesHere",
			"sk-xxxxxxxxxxxxxxxxxxxxxxxx", "sk-your-openai-api-key", "sk-test-key-1234567890", "placeholder", "example", "test",
			"aaaaaaaaaaaaaaaaaaaaaaaa", "****************", "1234567890123456", "0123456789012345678901234567890123",
			"9876543210987654", "abcdefghijklmnopqrstuvwxyz", "<insert your secret key>", "${API_SERVER_KEY}",
			"{{ .Values.apiKey }}", "my-secret-password-123", "REPLACE_ME_WITH_A_RANDOM_SECRET",
			strings.Repeat("changeme", 500),
		},
	} {
		for _, key := range keys {
			if err := CheckKey(key); !errors.Is(err, want) {
				t.Errorf("CheckKey(%.40q) = %v, want %v", key, err, want)
			}
		}
	}
}

func TestCheckKeyShowsNoKey(t *testing.T) {
	for _, key := range []string{"hunter2", "hunter2 hunter2 hunter2", "hunter2\x00hunter2hunter2"} {
		if err := CheckKey(key); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
	}
}
