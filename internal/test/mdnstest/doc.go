// Package mdnstest has mDNS peers (RFC 6762) for tests: a Peer sends what a test wants sent and receives what a responder
// multicasts or sends to it alone, a Crowd is many boards without firmware, and Avahi is a real daemon.
package mdnstest
