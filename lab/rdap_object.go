package lab

import (
	"fmt"
	"strings"
	"time"
)

// The structures of RFC 9083, as far as the lab fills them.
type (
	rdapLink struct {
		Value string `json:"value,omitempty"`
		Rel   string `json:"rel"`
		Href  string `json:"href"`
		Type  string `json:"type"`
	}
	rdapNotice struct {
		Title       string     `json:"title"`
		Description []string   `json:"description"`
		Links       []rdapLink `json:"links,omitempty"`
	}
	rdapEvent struct {
		Action string `json:"eventAction"`
		Date   string `json:"eventDate"`
	}
	rdapPublicID struct {
		Type       string `json:"type"`
		Identifier string `json:"identifier"`
	}
	rdapEntity struct {
		ObjectClass string         `json:"objectClassName"`
		Handle      string         `json:"handle,omitempty"`
		Roles       []string       `json:"roles"`
		PublicIDs   []rdapPublicID `json:"publicIds,omitempty"`
		VCard       []any          `json:"vcardArray"`
		Entities    []rdapEntity   `json:"entities,omitempty"`
	}
	rdapNameserver struct {
		ObjectClass string `json:"objectClassName"`
		LDHName     string `json:"ldhName"`
	}
	rdapDS struct {
		KeyTag     int    `json:"keyTag"`
		Algorithm  int    `json:"algorithm"`
		DigestType int    `json:"digestType"`
		Digest     string `json:"digest"`
	}
	rdapSecureDNS struct {
		DelegationSigned bool     `json:"delegationSigned"`
		DSData           []rdapDS `json:"dsData,omitempty"`
	}
	rdapDomain struct {
		Conformance []string         `json:"rdapConformance"`
		ObjectClass string           `json:"objectClassName"`
		Handle      string           `json:"handle"`
		LDHName     string           `json:"ldhName"`
		UnicodeName string           `json:"unicodeName,omitempty"`
		Status      []string         `json:"status"`
		Events      []rdapEvent      `json:"events"`
		Nameservers []rdapNameserver `json:"nameservers,omitempty"`
		Entities    []rdapEntity     `json:"entities"`
		SecureDNS   rdapSecureDNS    `json:"secureDNS"`
		Links       []rdapLink       `json:"links"`
		Notices     []rdapNotice     `json:"notices"`
	}
	rdapError struct {
		Conformance []string `json:"rdapConformance"`
		Code        int      `json:"errorCode"`
		Title       string   `json:"title"`
		Description []string `json:"description"`
	}
)

const rdapMediaType = "application/rdap+json"

func conformance() []string { return []string{"rdap_level_0"} }

// rdapStatus turns an EPP status into its RDAP wording (RFC 8056).
func rdapStatus(epp string) string {
	if epp == "ok" {
		return "active"
	}
	var b strings.Builder
	for _, r := range epp {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func rdapTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// rdapObject describes a registration as the registry or the registrar does.
type rdapObject struct {
	domain    *Domain
	registrar Registrar
	published published
	expiry    bool   // say when it ends
	self      string // URL of this answer
	related   string // URL of the registrar's answer, if it is linked
	now       time.Time
}

// byRegistry is the registry's answer.
func (o rdapObject) byRegistry() rdapDomain {
	events := []rdapEvent{{"registration", rdapTime(o.domain.Created)}}
	if o.expiry {
		events = append(events, rdapEvent{"expiration", rdapTime(o.published.expires)})
	}
	out := o.common(events)
	if o.related != "" {
		out.Links = append(out.Links, rdapLink{Value: o.self, Rel: "related", Href: o.related, Type: rdapMediaType})
	}
	return out
}

// byRegistrar is the registrar's answer, with the dates in its own books.
func (o rdapObject) byRegistrar() rdapDomain {
	own := o.domain.RegistrarExpires
	if own.IsZero() {
		own = o.domain.Expires
	}
	return o.common([]rdapEvent{
		{"registration", rdapTime(o.domain.Created)},
		{"expiration", rdapTime(o.domain.Expires)},
		{"registrar expiration", rdapTime(own)},
	})
}

func (o rdapObject) common(events []rdapEvent) rdapDomain {
	d := o.domain
	if !d.Updated.IsZero() {
		events = append(events, rdapEvent{"last changed", rdapTime(d.Updated)})
	}
	events = append(events, rdapEvent{"last update of RDAP database", rdapTime(o.now)})
	out := rdapDomain{
		Conformance: conformance(), ObjectClass: "domain", Handle: handle(d.Name),
		LDHName: d.Name, UnicodeName: d.Unicode, Events: events,
		Entities: []rdapEntity{registrarEntity(o.registrar)},
		Links:    []rdapLink{{Value: o.self, Rel: "self", Href: o.self, Type: rdapMediaType}},
		Notices: []rdapNotice{{
			Title:       "Terms of Use",
			Description: []string{"This registry exists in a laboratory. Its answers are invented and free to use."},
		}},
	}
	for _, s := range o.published.statuses {
		out.Status = append(out.Status, rdapStatus(s))
	}
	for _, ns := range d.NameServers {
		out.Nameservers = append(out.Nameservers, rdapNameserver{"nameserver", toASCII(ns)})
	}
	for _, text := range d.DS {
		var ds rdapDS
		if _, err := fmt.Sscan(text, &ds.KeyTag, &ds.Algorithm, &ds.DigestType, &ds.Digest); err == nil {
			out.SecureDNS.DSData = append(out.SecureDNS.DSData, ds)
		}
	}
	out.SecureDNS.DelegationSigned = len(out.SecureDNS.DSData) > 0
	return out
}

// handle invents a repository object identifier that stays the same.
func handle(domain string) string {
	var sum uint32 = 2166136261
	for i := range len(domain) {
		sum = (sum ^ uint32(domain[i])) * 16777619
	}
	return fmt.Sprintf("D%d-LAB", sum)
}

func registrarEntity(r Registrar) rdapEntity {
	return rdapEntity{
		ObjectClass: "entity", Handle: fmt.Sprint(r.IANAID), Roles: []string{"registrar"},
		PublicIDs: []rdapPublicID{{"IANA Registrar ID", fmt.Sprint(r.IANAID)}},
		VCard:     vcard(property("fn", "text", r.Name), property("url", "uri", r.URL)),
		Entities: []rdapEntity{{
			ObjectClass: "entity", Roles: []string{"abuse"},
			VCard: vcard(
				property("fn", "text", "Abuse contact"),
				property("tel", "uri", "tel:"+r.AbusePhone),
				property("email", "text", r.AbuseEmail),
			),
		}},
	}
}

// vcard builds a jCard (RFC 7095).
func vcard(properties ...[]any) []any {
	all := []any{property("version", "text", "4.0")}
	for _, p := range properties {
		all = append(all, p)
	}
	return []any{"vcard", all}
}

func property(name, kind, value string) []any {
	return []any{name, map[string]any{}, kind, value}
}
