package serialio

import "time"

// SetCallTime shortens the time limit of a call, for tests on a line that loses bytes.
func SetCallTime(d time.Duration) { callTime = d }
