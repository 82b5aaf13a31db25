//go:build linux || darwin

package sim

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

// responder is the mDNS responder in a board's C firmware. It answers for the address of the host name only.
type responder struct {
	dir     string
	address func() netip.Addr
	conn    *net.UDPConn
	link    *net.Interface
}

var mdnsGroup = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

func newResponder(dir string, address func() netip.Addr) (*responder, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	r := &responder{dir: dir, address: address}
	for i := range links {
		if links[i].Flags&net.FlagLoopback != 0 {
			r.link = &links[i]
		}
	}
	r.conn, err = net.ListenMulticastUDP("udp4", r.link, mdnsGroup)
	return r, err
}

// run answers until ctx ends.
func (r *responder) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = r.conn.Close() })
	defer stop()
	packet := make([]byte, 1500)
	for {
		n, from, err := r.conn.ReadFromUDP(packet)
		if err != nil {
			return
		}
		var query dns.Msg
		if query.Unpack(packet[:n]) != nil || query.Response {
			continue
		}
		for _, q := range query.Question {
			if q.Qtype == dns.TypeA || q.Qtype == dns.TypeANY {
				r.answer(&query, q, from)
			}
		}
	}
}

// name returns the name that it answers for, empty while the board is off the WiFi or Python has UDP port 5353.
func (r *responder) name() string {
	data, err := os.ReadFile(filepath.Join(r.dir, "wifi.json"))
	var radio struct {
		Online    bool   `json:"online"`
		Responder bool   `json:"responder"`
		Announced string `json:"announced"`
	}
	if err != nil || json.Unmarshal(data, &radio) != nil || !radio.Online || !radio.Responder {
		return ""
	}
	return radio.Announced + ".local."
}

func (r *responder) answer(query *dns.Msg, q dns.Question, from *net.UDPAddr) {
	name := r.name()
	if !strings.EqualFold(q.Name, name) {
		return
	}
	addr := r.address()
	a := &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET | 1<<15, Ttl: 120}, A: addr.AsSlice()}
	answer := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: []dns.RR{a}}
	to := mdnsGroup
	if from.Port != mdnsGroup.Port {
		a.Hdr.Class, a.Hdr.Ttl = dns.ClassINET, 10
		answer.Id, answer.Question, to = query.Id, []dns.Question{q}, from
	}
	data, err := answer.Pack()
	if err != nil {
		return
	}
	r.send(data, addr, to)
}

// send sends from port 5353 of the board's address, which other programs may have open too.
func (r *responder) send(data []byte, from netip.Addr, to *net.UDPAddr) {
	conn, err := shared.ListenPacket(context.Background(), "udp4", netip.AddrPortFrom(from, 5353).String())
	if err != nil {
		return
	}
	defer conn.Close()
	p := ipv4.NewPacketConn(conn)
	_ = p.SetMulticastInterface(r.link)
	_ = p.SetMulticastTTL(255)
	_ = p.SetMulticastLoopback(true)
	_, _ = p.WriteTo(data, nil, to)
}
