package discover

import (
	"strings"

	"github.com/miekg/dns"
)

const (
	maxID      = 32
	maxSensors = 32
)

// instanceName returns the instance of a full service instance name, desk of desk._mpctl._tcp.local., or
// nothing if it is another service's.
func instanceName(full string) string {
	end, last := dns.NextLabel(full, 0)
	if last || dns.CanonicalName(full[end:]) != Service {
		return ""
	}
	return unescape(full[:end-1])
}

// unescape undoes the escaping of miekg/dns, \. and \DDD (RFC 1035 §5.1).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if i+2 < len(s) && isDigit(s[i]) && isDigit(s[i+1]) && isDigit(s[i+2]) {
			out = append(out, (s[i]-'0')*100+(s[i+1]-'0')*10+s[i+2]-'0')
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// describe fills b from the strings of a TXT record: keys without regard to case, the first of several counts
// (RFC 6763 §6.4).
func (b *Board) describe(txt []string) {
	seen := map[string]bool{}
	for _, s := range txt {
		key, value, _ := strings.Cut(unescape(s), "=")
		key = strings.ToLower(key)
		if seen[key] {
			continue
		}
		switch key {
		case "id":
			if id := strings.ToLower(value); isHex(id) {
				b.ID = id
			}
		case "fw":
			b.Firmware = value
		case "board":
			b.Model = value
		case "sensors":
			for name := range strings.SplitSeq(value, ",") {
				if name != "" && len(b.Sensors) < maxSensors {
					b.Sensors = append(b.Sensors, name)
				}
			}
		default:
			continue // seen holds our few keys, not whatever a packet brings
		}
		seen[key] = true
	}
}

func isHex(s string) bool {
	return s != "" && len(s) <= maxID && strings.Trim(s, "0123456789abcdef") == ""
}
