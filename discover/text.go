package discover

import (
	"strings"

	"github.com/miekg/dns"

	"mpctl/internal/identity"
)

// instanceName returns the instance of a full service instance name, desk of desk._mpctl._tcp.local., or "" if the name
// belongs to another service.
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

// describe fills b from the strings of a TXT record. The case of keys does not matter, and the first of several equal
// keys counts (RFC 6763 §6.4).
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
			if id := strings.ToLower(value); identity.IsID(id) {
				b.ID = id
			}
		case "fw":
			b.Firmware = clip(value)
		case "board":
			b.Model = clip(value)
		case "sensors":
			b.addSensors(strings.Split(value, ","))
		default:
			continue // Only our few keys go into seen, so that no packet makes it large.
		}
		seen[key] = true
	}
}

func (b *Board) addSensors(names []string) {
	for _, name := range names {
		if name != "" && len(b.Sensors) < identity.MaxSensors {
			b.Sensors = append(b.Sensors, clip(name))
		}
	}
}

// clip cuts s to identity.MaxText bytes, not within a character. It returns a copy, so that a board does not keep the
// whole packet in memory that it came in.
func clip(s string) string {
	if len(s) > identity.MaxText {
		s = strings.ToValidUTF8(s[:identity.MaxText], "")
	}
	return strings.Clone(s)
}
