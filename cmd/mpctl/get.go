package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"mpctl/httpclient"
	"mpctl/internal/atomicfile"
	"mpctl/internal/termsafe"
)

const (
	maxPretty   = 1 << 20 // bytes of JSON that are held back to be indented
	binaryProbe = 2000    // bytes in which a NUL says that a body is not text
)

type getOptions struct {
	output   string
	headers  bool
	noFollow bool
	raw      bool
	maxTime  time.Duration
}

// binaryError is a body that a terminal cannot show.
type binaryError struct{}

func (binaryError) Error() string { return "what came is not text, and stdout is a terminal" }
func (binaryError) Hint() string  { return "use -o FILE to keep it, or -o - to print it all the same" }

func newGetCmd(a *app) *cobra.Command {
	var o getOptions
	cmd := &cobra.Command{
		Use:   "get URL|BOARD[/PATH]",
		Short: "Fetch a page, from a board or anywhere",
		Long: `Fetch a page over HTTP and print it as it comes. Redirects are followed. A word without a dot is a board:
its name, or 6 or more digits of its id; anything else without a scheme is taken for http://.

On a terminal JSON is indented, control characters are made visible and a binary file is refused; into a file
or a pipe goes what was sent, byte for byte. --timeout limits the wait for each next piece (30s if not given).

Exit status 3 if the name is unknown, 4 if the network fails or the page is cut short, 5 if the HTTP status
is 400 or more.`,
		Example: `  mpctl get http://micropython.org/ks/test.html
  mpctl get desk/api/info
  mpctl get http://desk.local:8080/ -o page.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.maxTime < 0 {
				return usageError{msg: fmt.Sprintf("--max-time is %s, below zero", o.maxTime)}
			}
			return a.get(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "write the page to `FILE`, whole or not at all; - is stdout, as it comes")
	flags.BoolVarP(&o.headers, "include", "i", false, "print status and headers too")
	flags.BoolVar(&o.noFollow, "no-follow", false, "do not follow redirects")
	flags.BoolVar(&o.raw, "raw", false, "print to a terminal what was sent, byte for byte")
	flags.DurationVar(&o.maxTime, "max-time", 0, "give up after this long, whatever has come (default: never)")
	return cmd
}

func (a *app) get(ctx context.Context, target string, o getOptions) error {
	if o.maxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.maxTime)
		defer cancel()
	}
	client := a.client()
	address, err := a.targetURL(ctx, client, target)
	if err != nil {
		return err
	}
	began := time.Now()
	after := func() time.Duration { return time.Since(began).Round(time.Millisecond) }
	get := httpclient.GetOptions{NoFollow: o.noFollow}
	if a.verbose {
		get.OnRedirect = func(status string, to url.URL) { a.note("%s after %s: to %s", status, after(), to.Redacted()) }
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(c httptrace.GotConnInfo) { a.note("connected to %s after %s", c.Conn.RemoteAddr(), after()) },
		})
	}
	resp, err := client.Get(ctx, address, get)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if a.verbose {
		a.note("%s %s after %s", resp.Proto, resp.Status, after())
	}
	var failed error
	if resp.Code >= 400 {
		failed = &httpclient.StatusError{URL: resp.URL.Redacted(), Status: resp.Status}
	}
	switch {
	case o.output != "" && o.output != "-":
		if failed != nil { // an error page is not what the file is for
			return failed
		}
		return save(resp, o)
	case o.output == "-" || o.raw || !isTerminal(a.stdout):
		err = pour(a.stdout, io.MultiReader(head(resp, o.headers), resp.Body))
	default:
		err = a.show(resp, o.headers)
	}
	if a.verbose {
		a.note("done after %s", after())
	}
	if err != nil {
		return err
	}
	return failed
}

// targetURL turns what the user wrote into a URL.
func (a *app) targetURL(ctx context.Context, client *httpclient.Client, target string) (string, error) {
	ref, path, isBoard := splitTarget(target)
	switch {
	case strings.Contains(target, "://"):
		return target, nil
	case !isBoard:
		return "http://" + target, nil
	}
	b, err := a.findBoard(ctx, ref)
	if err != nil {
		return "", err
	}
	return client.Board(b.addrPort()).URL(path), nil
}

// splitTarget splits a target without a scheme into host and path, and tells whether the host is a board's name.
func splitTarget(target string) (host, path string, isBoard bool) {
	host, path = target, "/"
	if i := strings.IndexAny(target, "/?#"); i >= 0 {
		host, path = target[:i], "/"+strings.TrimPrefix(target[i:], "/")
	}
	isBoard = host != "" && !strings.ContainsAny(host, ".:[]@") && !strings.EqualFold(host, "localhost")
	return host, path, isBoard
}

// head returns the head of a response as text, or nothing.
func head(resp *httpclient.Response, wanted bool) io.Reader {
	var b strings.Builder
	if wanted {
		fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
		var fields []string
		for name, values := range resp.Header {
			for _, v := range values {
				fields = append(fields, name+": "+v+"\n")
			}
		}
		slices.Sort(fields)
		b.WriteString(strings.Join(fields, "") + "\n")
	}
	return strings.NewReader(b.String())
}

func save(resp *httpclient.Response, o getOptions) (err error) {
	f, err := atomicfile.Create(o.output)
	if err != nil {
		return fmt.Errorf("creating the output: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pour(f, io.MultiReader(head(resp, o.headers), resp.Body)); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("finishing the output: %w", err)
	}
	return nil
}

// pour copies each piece as soon as it comes.
func pour(w io.Writer, r io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return fmt.Errorf("writing the output: %w", err)
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// show prints a response on a terminal.
func (a *app) show(resp *httpclient.Response, headers bool) error {
	safe := termsafe.NewWriter(a.stdout)
	if err := pour(safe, head(resp, headers)); err != nil {
		return err
	}
	body, err := pretty(resp)
	if err == nil {
		err = pour(safe, &textOnly{r: decoded(body, resp.Header.Get("Content-Type")), left: binaryProbe})
	}
	return errors.Join(err, safe.Close())
}

// pretty returns the body, indented if it is JSON of a moderate length.
func pretty(resp *httpclient.Response) (io.Reader, error) {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || resp.Length > maxPretty {
		return resp.Body, nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxPretty+1))
	var indented bytes.Buffer
	if err == nil && len(data) <= maxPretty && json.Indent(&indented, bytes.TrimSpace(data), "", "  ") == nil {
		indented.WriteByte('\n')
		return &indented, nil
	}
	if err != nil { // show what came of it, then say that it is not all
		return io.MultiReader(bytes.NewReader(data), failing{err}), nil
	}
	return io.MultiReader(bytes.NewReader(data), resp.Body), nil
}

// failing is the end of a body that broke off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decoded turns a body into UTF-8, going by its byte order mark or its charset.
func decoded(r io.Reader, contentType string) io.Reader {
	var fallback transform.Transformer = transform.Nop
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if encoding, name := charset.Lookup(params["charset"]); encoding != nil && name != "utf-8" {
			fallback = encoding.NewDecoder()
		}
	}
	return transform.NewReader(r, unicode.BOMOverride(fallback))
}

// textOnly passes text on, and fails at a NUL near the beginning.
type textOnly struct {
	r    io.Reader
	left int // bytes that are still looked at
}

func (t *textOnly) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	probe := p[:min(n, t.left)]
	if bytes.IndexByte(probe, 0) >= 0 {
		return 0, binaryError{}
	}
	t.left -= len(probe)
	return n, err
}
