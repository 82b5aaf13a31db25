package httpclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxHostNames = 3 // of a certificate, in a message

// TLSError is returned by Get when the server's certificate is not accepted, or the TLS handshake fails.
type TLSError struct {
	Host string
	Err  error
}

func (e *TLSError) Error() string {
	reason, _ := e.explain()
	return fmt.Sprintf("connecting to %s over TLS: %s", e.Host, reason)
}
func (e *TLSError) Unwrap() error { return e.Err }
func (e *TLSError) network()      {}

// Hint says what the user can do.
func (e *TLSError) Hint() string {
	_, hint := e.explain()
	return hint
}

func (e *TLSError) explain() (reason, hint string) {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		now := time.Now()
		hint = "if that is not so, this computer's clock is wrong: it says " + now.Format(time.RFC3339)
		if now.Before(invalid.Cert.NotBefore) {
			return "its certificate is not valid before " + invalid.Cert.NotBefore.Format(time.RFC3339), hint
		}
		return "its certificate expired on " + invalid.Cert.NotAfter.Format(time.RFC3339), hint
	case errors.As(e.Err, &name):
		return "its certificate is for " + hostNames(name.Certificate), "fetch it by that name; by this one it may be somebody else"
	case errors.As(e.Err, &unknown):
		hint = "if you trust it, name a file with its authority's certificate: SSL_CERT_FILE=FILE, or 'mpctl get --cacert FILE'"
		if c := unknown.Cert; c != nil && c.Subject.String() != c.Issuer.String() {
			return fmt.Sprintf("nobody trusted has signed its certificate, but %q", c.Issuer.String()), hint
		}
		return "its certificate is signed by itself alone", hint
	case errors.Is(e.Err, http.ErrSchemeMismatch), errors.As(e.Err, &record):
		return "it does not speak TLS", "try http:// instead"
	case errors.As(e.Err, &alert):
		return fmt.Sprintf("it refuses: %v", alert), ""
	}
	return e.Err.Error(), ""
}

// hostNames lists the hosts that a certificate is for.
func hostNames(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	switch {
	case len(all) == 0:
		return "no host"
	case len(all) > maxHostNames:
		all = append(all[:maxHostNames], fmt.Sprintf("%d more", len(all)-maxHostNames))
	}
	return strings.Join(all, ", ")
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) || errors.Is(err, http.ErrSchemeMismatch)
}
