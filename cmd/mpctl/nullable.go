package main

// nullable returns s, or nil for the empty string: null in JSON, where something is not known.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// textOf is the inverse of nullable.
func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
