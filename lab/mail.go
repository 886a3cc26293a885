package lab

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// ParsedMail is a message taken apart.
type ParsedMail struct {
	Header      mail.Header
	Subject     string // decoded
	From, To    string // decoded header fields
	MessageID   string // with its angle brackets
	Text        string // the first text/plain part
	HTML        string // the first text/html part
	Attachments []Attachment
}

// Attachment is any part that is neither the text nor the HTML.
type Attachment struct {
	Name        string
	ContentType string // with its parameters
	Data        []byte
}

// Parse takes the message apart. It returns what it could read together with
// an error for what it could not.
func (m Mail) Parse() (ParsedMail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return ParsedMail{}, fmt.Errorf("lab: mail %d: %w", m.ID, err)
	}
	p := ParsedMail{Header: msg.Header, MessageID: msg.Header.Get("Message-ID")}
	p.Subject, p.From, p.To = decodeWords(msg.Header.Get("Subject")), decodeWords(msg.Header.Get("From")), decodeWords(msg.Header.Get("To"))
	if err := p.add(part{
		contentType: msg.Header.Get("Content-Type"), encoding: msg.Header.Get("Content-Transfer-Encoding"),
		disposition: msg.Header.Get("Content-Disposition"), body: msg.Body,
	}, 0); err != nil {
		return p, fmt.Errorf("lab: mail %d: %w", m.ID, err)
	}
	return p, nil
}

func decodeWords(s string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}

// part is one node of the MIME tree before it is decoded.
type part struct {
	contentType, encoding, disposition string
	body                               io.Reader
}

// add decodes a part and files it, going down into multiparts.
func (p *ParsedMail) add(node part, depth int) error {
	const deepest = 8
	if depth > deepest {
		return errors.New("parts are nested too deep")
	}
	mediaType, params, err := mime.ParseMediaType(node.contentType)
	if err != nil {
		mediaType = "text/plain"
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		return p.addAll(multipart.NewReader(node.body, params["boundary"]), depth)
	}
	data, err := io.ReadAll(decoder(node.encoding, node.body))
	if err != nil {
		return fmt.Errorf("decode a %s part: %w", mediaType, err)
	}
	kind, disposition, _ := mime.ParseMediaType(node.disposition)
	inline := kind != "attachment"
	switch {
	case inline && mediaType == "text/plain" && p.Text == "":
		p.Text = string(data)
	case inline && mediaType == "text/html" && p.HTML == "":
		p.HTML = string(data)
	default:
		name := disposition["filename"]
		if name == "" {
			name = params["name"]
		}
		p.Attachments = append(p.Attachments, Attachment{Name: name, ContentType: node.contentType, Data: data})
	}
	return nil
}

func (p *ParsedMail) addAll(r *multipart.Reader, depth int) error {
	for {
		next, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the parts: %w", err)
		}
		h := next.Header
		if err := p.add(part{
			contentType: h.Get("Content-Type"), encoding: h.Get("Content-Transfer-Encoding"),
			disposition: h.Get("Content-Disposition"), body: next,
		}, depth+1); err != nil {
			return err
		}
	}
}

func decoder(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}
