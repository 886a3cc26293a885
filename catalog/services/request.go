package services

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Request is an application as one JSON document: a zone and a template in. The template is given whole, as its records alone, or by
// provider and service from a catalogue.
type Request struct {
	Template        *Template        `json:"template"`
	TemplateRecords []Record         `json:"template_records"`
	ProviderID      string           `json:"provider_id"`
	ServiceID       string           `json:"service_id"`
	Domain          string           `json:"domain"`
	Host            *string          `json:"host"`
	ZoneRecords     []ZoneRecord     `json:"zone_records"`
	Params          map[string]Param `json:"params"`
	GroupIDs        []string         `json:"group_ids"`
	RedirectRecords []Record         `json:"redirect_records"`
	MultiAware      bool             `json:"multi_aware"`    // the records carry their origin
	MultiInstance   *bool            `json:"multi_instance"` // wins over the template's
	UniqueID        string           `json:"unique_id"`      // of this application; empty: a random one

	// The signature of a request is checked by the DNS provider that receives it over the network; here nobody asks on another's behalf.
	IgnoreSignature bool   `json:"ignore_signature"`
	QueryString     string `json:"qs"`
	Signature       string `json:"sig"`
	Key             string `json:"key"`
}

// Param is a variable's value; numbers and truth values count as their text.
type Param string

// UnmarshalJSON takes a text, a number or a truth value.
func (p *Param) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) == 0 || b[0] == '{' || b[0] == '[' || string(b) == "null" {
		return fmt.Errorf("the value %.40s of a variable is no text", b)
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		*p = Param(text)
		return nil
	}
	*p = Param(b)
	return nil
}

// Response is what an application comes to, as one JSON document. Exception is empty when it succeeded.
type Response struct {
	NewCount    int          `json:"new_count"`
	DeleteCount int          `json:"delete_count"`
	Records     []ZoneRecord `json:"records"` // the zone afterwards
	New         []ZoneRecord `json:"new"`
	Deleted     []ZoneRecord `json:"deleted"` // in conflict, or of an earlier application
	Exception   Reason       `json:"exception,omitempty"`
	Detail      string       `json:"detail,omitempty"`
}

// ReadRequest reads one request. Members that are not known are refused, so that a misspelt one is not passed over; only inside templates and
// their records they are passed over, since public templates have many that concern the sign-on at a DNS provider.
func ReadRequest(r io.Reader) (Request, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var q struct {
		Request
		Template        json.RawMessage `json:"template"`
		TemplateRecords json.RawMessage `json:"template_records"`
	}
	if err := dec.Decode(&q); err != nil {
		return Request{}, fmt.Errorf("read the request: %w", readable("", err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Request{}, errors.New("read the request: something stands behind the document")
	}
	for _, part := range []struct {
		key  string
		from json.RawMessage
		to   any
	}{{"template", q.Template, &q.Request.Template}, {"template_records", q.TemplateRecords, &q.Request.TemplateRecords}} {
		if len(part.from) == 0 {
			continue
		}
		if err := json.Unmarshal(part.from, part.to); err != nil {
			return Request{}, fmt.Errorf("read the request: %w", readable(part.key, err))
		}
	}
	return q.Request, nil
}

// readable says in the words of the document what can't be read in it.
func readable(part string, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at := strings.Trim(part+"."+strings.TrimPrefix(wrong.Field, "Request."), ".")
		return fmt.Errorf("%s can't be a JSON %s", cmp.Or(at, "the document"), wrong.Value)
	}
	if part != "" {
		return fmt.Errorf("%s: %w", part, err)
	}
	return err
}

// Answer applies what a request asks for. The catalogue gives templates that are named by provider and service.
func (q *Request) Answer(c *Catalogue) Response {
	a, err := q.application(c)
	if err == nil {
		var r Result
		if r, err = Apply(a); err == nil {
			return Response{
				NewCount: len(r.New), DeleteCount: len(r.Deleted), Records: orEmpty(r.Records), New: orEmpty(r.New), Deleted: orEmpty(r.Deleted),
			}
		}
	}
	out := Response{Records: orEmpty(q.ZoneRecords), New: []ZoneRecord{}, Deleted: []ZoneRecord{}, Exception: InvalidData, Detail: err.Error()}
	if e, ok := errors.AsType[*Error](err); ok {
		out.Exception = e.Reason
	}
	return out
}

func orEmpty(r []ZoneRecord) []ZoneRecord {
	if r == nil {
		return []ZoneRecord{}
	}
	return r
}

func (q *Request) application(c *Catalogue) (Application, error) {
	a := Application{
		Domain: q.Domain, Zone: q.ZoneRecords, Variables: map[string]string{}, Groups: q.GroupIDs, Redirects: q.RedirectRecords, Instance: q.UniqueID,
	}
	if q.Host != nil {
		a.Host = *q.Host
	}
	for name, value := range q.Params {
		a.Variables[name] = string(value)
	}
	switch {
	case q.Template != nil:
		a.Template = *q.Template
	case q.TemplateRecords != nil:
		a.Template = Template{ProviderID: q.ProviderID, ServiceID: q.ServiceID, ServiceName: q.ServiceID, Records: q.TemplateRecords}
	default:
		s, ok := c.Find(q.ProviderID, q.ServiceID)
		if !ok {
			return a, fail(UnknownTemplate, "the catalogue has no service %q of %q; give the template itself", q.ServiceID, q.ProviderID)
		}
		a.Template = s.Template
		if len(a.Redirects) == 0 {
			a.Redirects = placeholder()
		}
	}
	if q.MultiInstance != nil {
		a.Template.MultiInstance = *q.MultiInstance
	}
	if !q.MultiAware {
		a.Instance = ""
	} else if a.Instance == "" {
		a.Instance = rand.Text()
	}
	return a, nil
}
