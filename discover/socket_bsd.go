//go:build darwin || freebsd

package discover

// onlyJoined: where Linux has an option, the control message of each packet tells its interface.
func onlyJoined(int, int, bool) error { return nil }
