package serialio

import "time"

// SetCallTime shortens what a board gets for one call, for a line that loses bytes.
func SetCallTime(d time.Duration) { callTime = d }
