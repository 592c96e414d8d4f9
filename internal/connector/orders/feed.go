package orders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"siyu/internal/fault"
)

// Feed fetches an order file from an address into a Folder.
type Feed struct {
	URL     string        // http or https
	Folder  string        // where the file is put for the next Scan
	Allowed []netip.Addr  // loopback or private addresses that may be asked nevertheless
	Bytes   int64         // largest file; 0: 512 MiB
	TimeOut time.Duration // for the whole fetch; 0: 10 minutes
}

// Validators are what the server said of the version fetched last.
type Validators struct {
	ETag         string
	LastModified string
}

const (
	defaultFeedBytes   = 512 << 20
	defaultFeedTimeOut = 10 * time.Minute
	connectTimeOut     = 10 * time.Second
	answerTimeOut      = time.Minute // until the first byte: shop systems make the file on request
	mostRedirects      = 5
)

// Fetch asks for the file and puts it into the folder under a new name, which
// it returns with the validators for the next Fetch. The name is empty if the
// server says that nothing has changed. Addresses of this machine and of
// private networks are refused unless allowed, whatever name or redirection
// leads to them (fault.Denied); other failures have the code fault.Upstream.
func (f Feed) Fetch(ctx context.Context, last Validators, now time.Time) (name string, next Validators, err error) {
	limit, timeOut := f.Bytes, f.TimeOut
	if limit == 0 {
		limit = defaultFeedBytes
	}
	if timeOut == 0 {
		timeOut = defaultFeedTimeOut
	}
	ctx, cancel := context.WithTimeout(ctx, timeOut)
	defer cancel()
	response, err := f.ask(ctx, last)
	if err != nil {
		return "", last, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotModified {
		return "", last, nil
	}
	if response.StatusCode != http.StatusOK {
		return "", last, fault.New(fault.Upstream, "fetching orders from %s: the server answers %s", f.host(), response.Status)
	}
	name = now.UTC().Format("20060102T150405Z-") + fileName(response.Request.URL)
	if err := f.store(response.Body, limit, name); err != nil {
		return "", last, err
	}
	return name, Validators{ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified")}, nil
}

func (f Feed) ask(ctx context.Context, last Validators) (*http.Response, error) {
	address, err := url.Parse(f.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the address of the order file cannot be read; expected http://... or https://...")
	}
	if err := onlyHTTP(address); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the address of the order file on %s cannot be asked", f.host())
	}
	if last.ETag != "" {
		request.Header.Set("If-None-Match", last.ETag)
	}
	if last.LastModified != "" {
		request.Header.Set("If-Modified-Since", last.LastModified)
	}
	response, err := f.client().Do(request)
	if err != nil {
		return nil, f.told(err)
	}
	return response, nil
}

// told keeps the address out of the error: it may hold a key.
func (f Feed) told(err error) error {
	code := fault.CodeOf(err)
	if code == fault.Internal {
		code = fault.Upstream
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fault.New(code, "fetching orders from %s: %w", f.host(), err)
}

func (f Feed) host() string {
	address, err := url.Parse(f.URL)
	if err != nil {
		return "the given address"
	}
	return address.Host
}

// client refuses addresses after names were resolved, so that neither a name
// nor a redirection can lead inside. It uses no proxy, which would connect on
// its behalf.
func (f Feed) client() *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeOut, Control: func(_, address string, _ syscall.RawConn) error {
		return f.permit(address)
	}}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTimeOut,
			ResponseHeaderTimeout: answerTimeOut, DisableKeepAlives: true,
		},
		CheckRedirect: func(to *http.Request, before []*http.Request) error {
			if len(before) > mostRedirects {
				return fault.New(fault.Upstream, "more than %d redirections", mostRedirects)
			}
			if before[len(before)-1].URL.Scheme == "https" && to.URL.Scheme != "https" {
				return fault.New(fault.Denied, "redirection from https to %s", to.URL.Scheme)
			}
			return onlyHTTP(to.URL)
		},
	}
}

func onlyHTTP(address *url.URL) error {
	if address.Scheme != "http" && address.Scheme != "https" {
		return fault.New(fault.Denied, "the scheme %q; expected http or https", address.Scheme)
	}
	return nil
}

// carrierNetwork is shared address space of providers (RFC 6598), which Go
// does not count as private.
var carrierNetwork = netip.MustParsePrefix("100.64.0.0/10")

func (f Feed) permit(address string) error {
	host, err := netip.ParseAddrPort(address)
	if err != nil {
		return fault.New(fault.Denied, "the address of the server cannot be read")
	}
	ip := host.Addr().Unmap().WithZone("")
	inside := !ip.IsGlobalUnicast() || ip.IsPrivate() || carrierNetwork.Contains(ip)
	if inside && !slices.Contains(f.Allowed, ip) {
		return fault.New(fault.Denied, "the server is in this machine or a private network; allow its address in the configuration if that is meant")
	}
	return nil
}

func fileName(address *url.URL) string {
	name := path.Base(address.Path)
	if !isTable(name) {
		return "orders.csv" // read by content, the name only keeps it in sight of Scan
	}
	return filepath.Base(name)
}

// store writes the file under a hidden name until it is whole.
func (f Feed) store(content io.Reader, limit int64, name string) error {
	part, err := os.CreateTemp(f.Folder, ".fetching-*")
	if err != nil {
		return fmt.Errorf("storing the order file: %w", err)
	}
	n, err := io.Copy(part, io.LimitReader(content, limit+1))
	switch {
	case err != nil:
		err = f.told(err)
	case n > limit:
		err = fault.New(fault.Upstream, "fetching orders from %s: the file has more than %d bytes", f.host(), limit)
	}
	err = errors.Join(err, part.Close())
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(f.Folder, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}
