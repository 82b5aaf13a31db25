package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"mpctl/httpclient"
)

type getOptions struct {
	output   string
	headers  bool
	noFollow bool
	raw      bool
	maxTime  time.Duration
	caFile   string
}

// getCommand is one run of get.
type getCommand struct {
	*app
	o getOptions
}

// toFile reports whether the page goes into a file.
func (o getOptions) toFile() bool { return o.output != "" && o.output != "-" }

func newGetCmd(a *app) *cobra.Command {
	var o getOptions
	cmd := &cobra.Command{
		Use:   "get URL|BOARD[/PATH]",
		Short: "Fetch a page, from a board or anywhere",
		Long: `Fetch a page over HTTP and print it as it comes. Redirects are followed. A word without a dot is a board:
its name, or 6 or more digits of its id; anything else without a scheme is taken for http://.

On a terminal JSON is indented, other charsets become readable, control characters are made visible and a binary
file is refused; into a file or a pipe goes what was sent, byte for byte.

With -o the file is there whole or not at all. What came of a download that broke off is kept in FILE.part, and the
same command goes on from there, if the server still has the same file.

--timeout limits the wait for each next piece (30s if not given). Proxies (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) are
for the internet; boards and private addresses are fetched from directly.

Exit status 3 if the name is unknown, 4 if the network fails or the page is cut short, 5 if the HTTP status
is 400 or more.`,
		Example: `  mpctl get http://micropython.org/ks/test.html
  mpctl get desk/api/info
  mpctl get http://desk.local:8080/ -o page.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{"give one URL or board, like desk/api/info", seeHelp(cmd)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.maxTime < 0 {
				return usageError{msg: fmt.Sprintf("--max-time is %s, below zero", o.maxTime), hint: "give a time like 30s"}
			}
			return getCommand{a, o}.run(cmd.Context(), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "write the page to `FILE`, whole or not at all; - is stdout, whatever it is")
	flags.BoolVarP(&o.headers, "include", "i", false, "print status and headers too, on stdout")
	flags.BoolVar(&o.noFollow, "no-follow", false, "do not follow redirects")
	flags.BoolVar(&o.raw, "raw", false, "print to a terminal what was sent, byte for byte: it may obey control characters")
	flags.Var(timeFlag{&o.maxTime}, "max-time", "give up after this long, whatever has come (default: never)")
	flags.StringVar(&o.caFile, "cacert", "", "trust the certificate authorities in `FILE` (PEM) and no others")
	return cmd
}

func (c getCommand) run(ctx context.Context, target string) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	within := ctx
	if c.o.maxTime > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, c.o.maxTime)
		defer cancel()
	}
	err = c.fetch(within, client, target)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return &httpclient.TimeoutError{Doing: fmt.Sprintf("fetching it within %s", c.o.maxTime)}
	}
	return err
}

func (c getCommand) fetch(ctx context.Context, client *httpclient.Client, target string) error {
	page, err := c.findPage(ctx, client, target)
	if err != nil {
		return err
	}
	trace := c.newTrace()
	fetch := func(header http.Header) (*httpclient.Response, error) {
		trace.request(page.url)
		resp, err := client.Get(trace.watch(ctx), page.url, httpclient.GetOptions{
			NoFollow: c.o.noFollow, OnRedirect: trace.redirect, Direct: page.isBoard, Header: header,
		})
		if err == nil {
			trace.response(resp)
		}
		return resp, err
	}
	defer trace.end()
	if c.o.toFile() {
		return c.save(fetch, page.url)
	}
	resp, err := fetch(nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	err = c.print(resp)
	if failed := statusError(resp); failed != nil && (err == nil || errors.Is(err, binaryError{})) {
		return failed
	}
	return err
}

// statusError returns the error for a status of 400 or more, else nil.
func statusError(resp *httpclient.Response) error {
	if resp.Code < 400 {
		return nil
	}
	return &httpclient.StatusError{URL: resp.URL.Redacted(), Status: resp.Status}
}

// print writes a page onto stdout in the form that suits it.
func (c getCommand) print(resp *httpclient.Response) error {
	switch {
	case c.o.raw:
		return copyStream(c.Raw(), io.MultiReader(head(resp, c.o.headers), resp.Body))
	case c.o.output == "-" || !c.ShowsResults():
		return c.printText(io.MultiReader(head(resp, c.o.headers), resp.Body))
	}
	if err := c.printText(head(resp, c.o.headers)); err != nil {
		return err
	}
	return c.show(resp)
}
