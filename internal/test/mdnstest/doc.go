// Package mdnstest is a scripted mDNS peer (RFC 6762): it says to a responder what a test wants said, and hears
// what the responder says to all and to it alone. Beside it stands Avahi, which says what it wants itself.
package mdnstest
