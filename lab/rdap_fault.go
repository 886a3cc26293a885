package lab

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// rdapAnswer is a right answer and the fault that spoils it.
type rdapAnswer struct {
	status    int
	mediaType string // empty means RDAP's
	header    map[string]string
	body      []byte
	fault     RDAPFault
	end       func(string)
}

// sendRDAP sends the answer, spoiled as its fault says. The journal's entry
// ends before the last byte can reach the client.
func (l *Lab) sendRDAP(w http.ResponseWriter, r *http.Request, a rdapAnswer) {
	f := a.fault
	if f.Delay > 0 && !pauseRequest(l, r, f) {
		a.end("client gave up")
		return
	}
	switch f.Kind {
	case RDAPOutage:
		a.end("outage")
		hijackReset(w, nil)
		return
	case RDAPReset:
		a.end("reset")
		hijackReset(w, a.body[:len(a.body)/2])
		return
	case RDAPEndless:
		l.endless(w, r)
		a.end("endless")
		return
	case RDAPStatus, RDAPHTML, RDAPCut, RDAPOtherName, RDAPRedirect, RDAPBig, RDAPHostile:
		a = a.spoiled()
	case RDAPQuota: // has become a refusal or nothing by now
	}
	header := w.Header()
	header.Set("Content-Type", rdapMediaType)
	if a.mediaType != "" {
		header.Set("Content-Type", a.mediaType)
	}
	header.Set("Access-Control-Allow-Origin", "*")
	for k, v := range a.header {
		header.Set(k, v)
	}
	if a.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	a.end(strings.TrimSpace(strconv.Itoa(a.status) + " " + string(f.Kind)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body)
	}
}

func pauseRequest(l *Lab, r *http.Request, f RDAPFault) bool {
	t := time.NewTimer(f.Delay)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-l.ctx.Done():
	}
	return false
}

// spoiled changes an answer that is still a complete HTTP response.
func (a rdapAnswer) spoiled() rdapAnswer {
	f := a.fault
	if a.header == nil {
		a.header = map[string]string{}
	}
	switch f.Kind {
	case RDAPStatus:
		a.body = rdapProblem(f.Status, "The server does not answer this now", nil).body
		a.status, a.mediaType = f.Status, ""
	case RDAPHTML:
		a.body = []byte("<!doctype html><html><head><title>Welcome</title></head><body><p>It works.</p></body></html>")
		a.mediaType = "text/html"
		if a.status = http.StatusOK; f.Status != 0 {
			a.status = f.Status
		}
	case RDAPCut:
		a.body = a.body[:len(a.body)/2]
	case RDAPOtherName:
		other := otherDomain()
		a.body, a.status = encode(rdapObject{domain: &other, published: lapsed(&other), expiry: true, registrar: Registrar{Name: "Other"}}.byRegistry()), http.StatusOK
	case RDAPRedirect:
		a.status, a.body = http.StatusFound, nil
		a.header["Location"] = f.RedirectTo
	case RDAPBig:
		a.body = padded(a.body, f.Bytes)
	case RDAPHostile:
		a.body = hostileJSON(a.body)
	case RDAPEndless, RDAPReset, RDAPOutage, RDAPQuota:
	}
	if f.RetryAfter != "" {
		a.header["Retry-After"] = f.RetryAfter
	}
	return a
}

// otherDomain is the one that nobody asked for. It lapsed long ago: whoever takes it for an answer says so of a name that did not.
func otherDomain() Domain {
	return Domain{Name: "somebody-else.invalid", Created: time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func lapsed(d *Domain) published {
	return published{state: StateRedemption, expires: d.Expires, statuses: []string{"pendingDelete", "redemptionPeriod"}}
}

// padded makes a JSON object at least n bytes long and keeps it valid.
func padded(body []byte, n int64) []byte {
	if n == 0 {
		n = defaultBig
	}
	if len(body) == 0 || body[0] != '{' {
		return body
	}
	pad := bytes.Repeat([]byte("x"), int(n))
	return bytes.Join([][]byte{[]byte(`{"lab_padding":"`), pad, []byte(`",`), body[1:]}, nil)
}

// Hostile is a text that must not get anywhere unescaped.
const Hostile = "<script>alert('lab')</script>\x1b[31m\r\nBcc: victim@mailhost.lab\r\n\x00=cmd|' /C calc'!A0"

// hostileJSON puts the hostile text where the registrar's name stood and among
// the statuses, handles and notices.
func hostileJSON(body []byte) []byte {
	quoted := encode(Hostile)
	inner := quoted[1 : len(quoted)-1]
	for _, at := range []string{`"fn",{},"text","`, `"handle":"`, `"status":["`, `"description":["`, `"title":"`} {
		body = bytes.ReplaceAll(body, []byte(at), append([]byte(at), inner...))
	}
	return body
}

// endless sends JSON until the client or the lab has had enough.
func (l *Lab) endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", rdapMediaType)
	chunk := []byte(`"` + string(bytes.Repeat([]byte("x"), 8<<10)) + `",`)
	_, err := w.Write([]byte(`{"lab_padding":[`))
	for err == nil && l.ctx.Err() == nil && r.Context().Err() == nil {
		_, err = w.Write(chunk)
	}
}

// hijackReset takes the connection over, sends part of a body if there is one,
// and resets it.
func hijackReset(w http.ResponseWriter, part []byte) {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if part != nil {
		_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: " + rdapMediaType +
			"\r\nContent-Length: " + strconv.Itoa(2*len(part)+1) + "\r\n\r\n")
		_, _ = buf.Write(part)
		_ = buf.Flush()
	}
	resetConn(conn)
}
