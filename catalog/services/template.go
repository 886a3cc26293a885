package services

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Template is a service's connection in the Domain Connect format (draft-ietf-dconn-domainconnect, "Template Definition"). Members that
// concern only the sign-on at a DNS provider are left out.
type Template struct {
	ProviderID   string `json:"providerId"`
	ProviderName string `json:"providerName"`
	ServiceID    string `json:"serviceId"`
	ServiceName  string `json:"serviceName"`
	Version      Number `json:"version,omitzero"`
	Description  string `json:"description,omitempty"`
	// VariableDescription explains the variables to whoever fills them in.
	VariableDescription string   `json:"variableDescription,omitempty"`
	HostRequired        bool     `json:"hostRequired,omitempty"`  // makes no sense at the apex
	MultiInstance       bool     `json:"multiInstance,omitempty"` // may be applied several times at one host
	Records             []Record `json:"records"`
}

// Record is one record of a template. Which members count depends on Type; every text may hold %variables%.
type Record struct {
	Type     string `json:"type"`              // A, AAAA, CNAME, MX, NS, TXT, SRV, SPFM, APEXCNAME, REDIR301, REDIR302, or another RR type
	GroupID  string `json:"groupId,omitempty"` // records that are applied together; never a variable
	Host     string `json:"host,omitempty"`    // relative to the host the template is applied to, absolute when it ends in a dot; SRV: Name
	Name     string `json:"name,omitempty"`
	PointsTo string `json:"pointsTo,omitempty"`
	Data     string `json:"data,omitempty"`
	Target   string `json:"target,omitempty"` // of SRV and of redirects
	TTL      Number `json:"ttl,omitzero"`     // seconds
	Priority Number `json:"priority,omitzero"`
	Weight   Number `json:"weight,omitzero"`
	Port     Number `json:"port,omitzero"`
	Protocol string `json:"protocol,omitempty"` // of SRV: tcp, udp or tls, with or without underscore
	Service  string `json:"service,omitempty"`
	SPFRules string `json:"spfRules,omitempty"` // of SPFM: mechanisms to merge into the host's one SPF record

	TXTConflictMode   string    `json:"txtConflictMatchingMode,omitempty"` // None (default), All or Prefix
	TXTConflictPrefix string    `json:"txtConflictMatchingPrefix,omitempty"`
	Essential         Essential `json:"essential,omitempty"`
}

// Essential says for how long a connection needs a record.
type Essential string

// The values of Essential; empty means Always.
const (
	Always  Essential = "Always"
	OnApply Essential = "OnApply" // only until the service has verified the domain
)

// Number is a whole number that a template may also write as text, or as one variable.
type Number string

// UnmarshalJSON takes a number or a text.
func (n *Number) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*n = Number(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(b, &number); err != nil {
		return fmt.Errorf("write %s as a number, or as a %%variable%% in quotes", b)
	}
	*n = Number(number.String())
	return nil
}

// MarshalJSON writes a number as a number and everything else as text.
func (n Number) MarshalJSON() ([]byte, error) {
	if value, err := strconv.ParseUint(string(n), 10, 32); err == nil {
		return strconv.AppendUint(nil, value, 10), nil // without the zeros that a text may have in front
	}
	return json.Marshal(string(n))
}

// essential gives the effective value.
func (r *Record) essential() Essential {
	if strings.EqualFold(string(r.Essential), string(OnApply)) {
		return OnApply
	}
	return Always
}
