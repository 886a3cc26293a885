package catalog

import "strings"

// The protocols of a Server.
const (
	ProtocolRDAP  = "rdap"
	ProtocolWHOIS = "whois"
)

// Access says who a server answers.
type Access string

// The kinds of access.
const (
	AccessOpen       Access = ""           // whoever keeps to its limits
	AccessRegistered Access = "registered" // addresses that its operator has entered, on application
	AccessClosed     Access = "closed"     // nobody, or next to nobody: the port is shut to the public
)

// Charset says how a WHOIS server writes what is not ASCII.
type Charset string

// The character sets met.
const (
	CharsetUTF8   Charset = "" // or ASCII
	CharsetLatin1 Charset = "latin1"
)

// Server is what is known of one service of a registry, or of the many host names under which an operator runs one service: how often it
// may be asked, and its ways. One row is the only place for both.
type Server struct {
	Name     string         `json:"server"`             // its first host, lower case; the key under which its queries are counted
	Operator string         `json:"operator"`           // who runs it, for people
	Hosts    []string       `json:"hosts,omitempty"`    // further hosts of the same service
	Protocol string         `json:"protocol,omitempty"` // ProtocolRDAP, ProtocolWHOIS, or empty for both on the same host
	Windows  []ServerWindow `json:"windows,omitempty"`  // how often it may be asked; none: not known
	Query    string         `json:"query,omitempty"`    // what is sent over WHOIS, {} standing for the name; empty: the name
	Charset  Charset        `json:"charset,omitempty"`
	Access   Access         `json:"access,omitempty"`
	Source   string         `json:"source,omitempty"`  // the document with the limits, and its address
	Seen     string         `json:"seen,omitempty"`    // month in which the document was read, 2006-01
	Assumed  bool           `json:"assumed,omitempty"` // no limit is published; the windows are a careful choice
	Note     string         `json:"note,omitempty"`    // what else to know, for people
}

// ServerWindow is an allowance of at most N queries in any Seconds.
type ServerWindow struct {
	N       int `json:"n"`
	Seconds int `json:"seconds"`
}

// QueryFor gives what is sent to the server to ask for an A-label name over WHOIS, without the line's end.
func (s Server) QueryFor(name string) string {
	if s.Query == "" {
		return name
	}
	return strings.ReplaceAll(s.Query, "{}", name)
}

// FindServer gives what is known of a server named by host, host:port or base URL. A URL asks for RDAP, anything else for WHOIS.
func FindServer(server string) (Server, bool) {
	host, protocol := serverHost(server)
	t := serverTable()
	for _, p := range []string{protocol, ""} {
		if i, ok := t.byHost[p+" "+host]; ok {
			return t.rows[i], true
		}
	}
	return Server{}, false
}

// Servers lists what is known of servers, by their names.
func Servers() []Server { return append([]Server(nil), serverTable().rows...) }

// serverHost takes the host from a host, a host with a port, or a base URL.
func serverHost(server string) (host, protocol string) {
	protocol = ProtocolWHOIS
	s := strings.ToLower(strings.TrimSpace(server))
	if _, rest, isURL := strings.Cut(s, "://"); isURL {
		s, protocol = rest, ProtocolRDAP
		if i := strings.IndexAny(s, "/?#"); i >= 0 {
			s = s[:i]
		}
		s = s[strings.LastIndex(s, "@")+1:]
	}
	if i := strings.LastIndex(s, ":"); i >= 0 && strings.Count(s, ":") == 1 {
		s = s[:i]
	}
	return strings.TrimSuffix(s, "."), protocol
}
