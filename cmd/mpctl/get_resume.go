package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/partfile"
)

// errPart is a server that answers with a part when the whole was asked for.
var errPart = errors.New("the server sends a part of what was asked for")

// fetchRest fetches what is missing of a download, or all of it; from is where its body belongs.
func fetchRest(fetch fetcher, f *partfile.File, url string) (resp *httpclient.Response, from int64, err error) {
	whole := http.Header{"Accept-Encoding": {"identity"}} // a range is one of the bytes that are sent
	if source, have := f.Kept(); have > 0 && source.URL == url {
		rest := whole.Clone()
		rest.Set("Range", fmt.Sprintf("bytes=%d-", have))
		rest.Set("If-Range", source.Validator()) // another file is sent whole
		resp, err := fetch(rest)
		switch {
		case err != nil:
			return nil, 0, err
		case isRest(resp, source, have):
			return resp, have, nil
		case resp.Code != http.StatusPartialContent && resp.Code != http.StatusRequestedRangeNotSatisfiable:
			return resp, 0, nil
		}
		resp.Body.Close() // of no use with what is here
	}
	resp, err = fetch(whole)
	if err == nil && resp.Code == http.StatusPartialContent {
		resp.Body.Close()
		return nil, 0, errPart
	}
	return resp, 0, err
}

// isRest reports whether a response is what follows the first have bytes of source.
func isRest(resp *httpclient.Response, source partfile.Source, have int64) bool {
	if resp.Code != http.StatusPartialContent || resp.Header.Get("Content-Encoding") != "" {
		return false
	}
	first, last, size, ok := parseContentRange(resp.Header.Get("Content-Range"))
	tag := resp.Header.Get("ETag")
	return ok && first == have && last == size-1 && resp.Length == size-have &&
		(source.Size < 0 || source.Size == size) &&
		(source.ETag == "" || tag == "" || tag == source.ETag)
}

// parseContentRange reads "bytes FIRST-LAST/SIZE".
func parseContentRange(text string) (first, last, size int64, ok bool) {
	text, isBytes := strings.CutPrefix(text, "bytes ")
	span, sizeText, hasSize := strings.Cut(text, "/")
	firstText, lastText, hasLast := strings.Cut(span, "-")
	if !isBytes || !hasSize || !hasLast {
		return 0, 0, 0, false
	}
	var numbers [3]int64
	for i, t := range []string{firstText, lastText, sizeText} {
		n, err := strconv.ParseUint(t, 10, 63)
		if err != nil {
			return 0, 0, 0, false
		}
		numbers[i] = int64(n)
	}
	first, last, size = numbers[0], numbers[1], numbers[2]
	return first, last, size, first <= last && last < size
}

// begin makes the file ready for what comes.
func begin(f *partfile.File, resp *httpclient.Response, from int64, url string) error {
	if from > 0 {
		return f.Continue()
	}
	return f.Begin(sourceOf(resp, url))
}

// sourceOf is what can be said later about where a body came from. If the server does not give ranges, or the body
// is not what its tag is of, nothing that would help.
func sourceOf(resp *httpclient.Response, url string) partfile.Source {
	s := partfile.Source{URL: url, Size: resp.Length}
	if resp.Code != http.StatusOK || resp.Header.Get("Accept-Ranges") != "bytes" || resp.Header.Get("Content-Encoding") != "" {
		return s
	}
	if tag := resp.Header.Get("ETag"); partfile.IsStrong(tag) {
		s.ETag = tag
	}
	if changed := resp.Header.Get("Last-Modified"); isStrongDate(changed, resp.Header.Get("Date")) {
		s.LastModified = changed
	}
	return s
}

// isStrongDate reports whether a file had settled when its date was given: within the same second it may have changed
// again (RFC 9110 §8.8.2.2).
func isStrongDate(changed, now string) bool {
	then, err := http.ParseTime(changed)
	date, dateErr := http.ParseTime(now)
	return err == nil && dateErr == nil && date.Sub(then) >= time.Second
}
