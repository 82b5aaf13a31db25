//go:build unix

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mpctl/internal/test/netns"
)

const nginxConfig = `
daemon off; master_process off; pid nginx.pid; user root root;
events {}
http {
	client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
	types { text/plain txt; }
	default_type application/octet-stream;
	gzip on; gzip_types text/plain; gzip_min_length 1;
	log_format asked '$uri $status range=$http_range coding=$sent_http_content_encoding $sent_http_transfer_encoding';
	access_log asked.log asked;
	server {
		listen 127.0.0.1:%d;
		listen 127.0.0.1:%d ssl;
		ssl_certificate server.pem; ssl_certificate_key server.key;
		root www;
		location = /stalling { alias www/big; limit_rate_after 3m; limit_rate 1; }
		location = /moved { return 308 /page.txt; }
	}
}
`

// nginx is Debian's, with a page and a big file.
type nginx struct {
	dir, plain, secure string // folder, URLs
	page, big          []byte
}

func startNginx(t *testing.T) *nginx {
	t.Helper()
	netns.Require(t)
	program := webProgram(t, "nginx")
	n := &nginx{dir: t.TempDir(), page: bytes.Repeat([]byte("compress me\n"), 1000), big: make([]byte, 8<<20)}
	_, _ = rand.Read(n.big)
	plain, secure := freePort(t), freePort(t)
	n.plain, n.secure = fmt.Sprintf("http://127.0.0.1:%d", plain), fmt.Sprintf("https://127.0.0.1:%d", secure)
	n.write(t, "nginx.conf", fmt.Appendf(nil, nginxConfig, plain, secure))
	n.write(t, "www/page.txt", n.page)
	n.write(t, "www/big", n.big)
	n.certify(t)
	c := exec.Command(program, "-p", n.dir, "-c", "nginx.conf", "-e", "error.log")
	c.Dir = n.dir
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
	})
	for {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", secure)); err == nil {
			conn.Close()
			return n
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx: %v: %s", err, said.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// freePort returns a port that nobody else is there to take: the network is this test's alone.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (n *nginx) write(t *testing.T, name string, text []byte) {
	t.Helper()
	path := filepath.Join(n.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// certify makes an authority, ca.pem, and has it sign for 127.0.0.1.
func (n *nginx) certify(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	for _, c := range []struct {
		name     string
		template *x509.Certificate
		key      *ecdsa.PrivateKey
	}{{"ca.pem", ca, caKey}, {"server.pem", server, key}} {
		der, err := x509.CreateCertificate(rand.Reader, c.template, ca, &c.key.PublicKey, caKey)
		must(err)
		n.write(t, c.name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	n.write(t, "server.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// asked returns nginx's log: one line a request that has ended.
func (n *nginx) asked(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(n.dir, "asked.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNginx(t *testing.T) {
	n := startNginx(t)
	ca := filepath.Join(n.dir, "ca.pem")
	for _, c := range []struct {
		name        string
		args        []string
		environment string
		stdout      []byte
		code        int
		stderr      string
	}{
		{"gzip and chunks", []string{n.plain + "/page.txt"}, "", n.page, 0, ""},
		{"moved", []string{n.plain + "/moved"}, "", n.page, 0, ""},
		{"big", []string{n.plain + "/big"}, "", n.big, 0, ""},
		{"missing", []string{n.plain + "/nothing"}, "", nil, exitHTTPStatus, "404 Not Found"},
		{"TLS, --cacert", []string{n.secure + "/big", "--cacert", ca}, "", n.big, 0, ""},
		{"TLS, SSL_CERT_FILE", []string{n.secure + "/page.txt"}, "SSL_CERT_FILE=" + ca, n.page, 0, ""},
		{"TLS, unknown", []string{n.secure + "/page.txt"}, "", nil, exitNetwork, `hint: if you trust it, name a file with its authority's certificate: SSL_CERT_FILE=FILE, or 'mpctl get --cacert FILE'`},
		{"TLS, another name", []string{strings.Replace(n.secure, "127.0.0.1", "localhost", 1), "--cacert", ca}, "", nil, exitNetwork, "its certificate is for 127.0.0.1"},
		{"no certificate", []string{n.secure, "--cacert", filepath.Join(n.dir, "server.key")}, "", nil, exitUsage, "no certificate in"},
		{"http to TLS", []string{strings.Replace(n.secure, "https", "http", 1)}, "", nil, exitHTTPStatus, "400 Bad Request"},
	} {
		command := mpctlCommand(t, append([]string{"get"}, c.args...)...)
		command.Env = append(command.Env, c.environment)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, _ := command.Output()
		code := command.ProcessState.ExitCode()
		if c.stdout != nil && !bytes.Equal(out, c.stdout) || code != c.code || !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s: %d bytes, exit %d, stderr %q", c.name, len(out), code, stderr.String())
		}
	}
	if want := "/page.txt 200 range=- coding=gzip chunked\n"; !strings.HasPrefix(n.asked(t), want) {
		t.Errorf("nginx was asked for\n%s, want at first %s", n.asked(t), want)
	}
}

// Each answer comes to a stop at about 3 MB. Interrupted there, again and again, the file is whole at last.
func TestNginxGoesOn(t *testing.T) {
	n := startNginx(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "big")
	var had int64
	for _, limit := range []int64{11 << 18, 11 << 19} {
		c := mpctlCommand(t, "get", n.plain+"/stalling", "-o", path)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for had < limit {
			if t.Context().Err() != nil {
				t.Fatal(t.Context().Err())
			}
			if info, err := os.Stat(path + ".part"); err == nil {
				had = info.Size()
			}
			time.Sleep(time.Millisecond)
		}
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(stderr.String(), "MB kept in "+path+".part") {
			t.Fatalf("exit %d, %q", code, stderr.String())
		}
	}
	if out, err := mpctlCommand(t, "get", n.plain+"/stalling", "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, err := os.ReadFile(path); !bytes.Equal(got, n.big) || err != nil {
		t.Errorf("the file is not what was sent: %d bytes, %v", len(got), err)
	}
	if got := inFolder(t, dir); got != "big 8388608" {
		t.Errorf("left behind: %s", got)
	}
	if log := n.asked(t); strings.Count(log, "/stalling 200 range=-") != 1 || strings.Count(log, "/stalling 206 range=bytes=") != 2 {
		t.Errorf("nginx was asked for\n%s", log)
	}
}
