package partfile

import (
	"encoding/json"
	"net/http"
	"strings"
)

// marker distinguishes mpctl's records from other JSON.
const marker = "a part of a download"

// Source identifies what a file is downloaded from.
type Source struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`          // strong, see IsStrong
	LastModified string `json:"last_modified,omitempty"` // a date of HTTP
	Size         int64  `json:"size"`                    // bytes of the whole file; -1 if unknown
}

type record struct {
	Program string `json:"mpctl"`
	Source
}

// IsLasting reports whether a server can be asked later if the source is still the same.
func (s Source) IsLasting() bool { return s.Validator() != "" }

// Validator returns the value for If-Range (RFC 9110 §13.1.5); empty if there is none.
func (s Source) Validator() string {
	if s.ETag != "" {
		return s.ETag
	}
	return s.LastModified
}

// parse reads a record. It returns the zero Source if text is not a valid record.
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

// IsStrong reports whether tag is a strong entity tag (RFC 9110 §8.8.3).
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
