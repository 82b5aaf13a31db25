package partfile

import (
	"encoding/json"
	"net/http"
	"strings"
)

// marker tells our records from whatever else is JSON.
const marker = "a part of a download"

// Source is what a file is downloaded from.
type Source struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"` // a strong one
	LastModified string `json:"last_modified,omitempty"`
	Size         int64  `json:"size"` // of the whole; -1 if it is not known
}

type record struct {
	Program string `json:"mpctl"`
	Source
}

// Lasting tells whether it can be found out later that the source is still the same.
func (s Source) Lasting() bool { return s.Validator() != "" }

// Validator is what If-Range names (RFC 9110 §13.1.5).
func (s Source) Validator() string {
	if s.ETag != "" {
		return s.ETag
	}
	return s.LastModified
}

// parse reads a record. What is not one, or not valid, is no Source.
func parse(text []byte) Source {
	var r record
	if json.Unmarshal(text, &r) != nil || r.Program != marker || r.URL == "" || r.Size < -1 {
		return Source{}
	}
	if r.ETag != "" && !IsStrong(r.ETag) {
		return Source{}
	}
	if _, err := http.ParseTime(r.LastModified); r.LastModified != "" && err != nil {
		return Source{}
	}
	return r.Source
}

// IsStrong tells a strong entity tag (RFC 9110 §8.8.3).
func IsStrong(tag string) bool {
	inner, ok := strings.CutPrefix(tag, `"`)
	if !ok {
		return false
	}
	if inner, ok = strings.CutSuffix(inner, `"`); !ok {
		return false
	}
	return !strings.ContainsFunc(inner, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f })
}
