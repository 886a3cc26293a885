package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// phase is where in the dialogue a reply came (RFC 5321 section 4.2.1).
type phase int

const (
	phaseSession  phase = iota // greeting, EHLO, STARTTLS, AUTH, MAIL, DATA
	phaseRcpt                  // RCPT
	phaseMessage               // while the message is on its way
	phaseAccepted              // after the message
)

var enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)`)

// judge says what a reply means for the message.
//
// 4xx and everything that is no reply is temporary. A 5xx is permanent when it is about the recipient: at RCPT, unless its enhanced code
// (RFC 3463) or, without one or with a vague one, its words say that it is about us, and after the message when the enhanced code says that the
// mailbox is meant (5.1, 5.2) and its words do not say otherwise. Any other 5xx is rejected: our login, our sender, our content; no contact is
// to blame.
func judge(at phase, code int, enhanced, reply string) models.Delivery {
	if code < 500 || code > 599 {
		return models.DeliveryTemporary
	}
	recipient := models.BlamesAddress(enhanced) && (!models.Vague(enhanced) || !models.BlamesSender(reply))
	switch at {
	case phaseRcpt:
		if enhanced == "" || strings.HasPrefix(enhanced, "5.0.") {
			recipient = !models.BlamesSender(reply)
		}
		if recipient && code != 530 && code != 535 && code != 503 {
			return models.DeliveryPermanent
		}
	case phaseAccepted:
		if recipient && !strings.HasPrefix(enhanced, "5.4.") {
			return models.DeliveryPermanent
		}
	case phaseSession, phaseMessage:
	}
	return models.DeliveryRejected
}

// accepted gives the result of a 250 after the message.
func accepted(reply string) notify.Result {
	enhanced, words := splitEnhanced(reply)
	return notify.Result{Outcome: models.DeliverySent, Code: 250, Enhanced: enhanced, Reply: notify.Printable(words, maxReply)}
}

// judgeConnect judges what failed before a message could be offered.
func judgeConnect(ctx context.Context, err error) notify.Result {
	var reply *textproto.Error
	switch {
	case ctx.Err() != nil:
		return notify.Result{Outcome: models.DeliveryTemporary, Reply: notify.Printable(models.NotConnected+"no answer in time: "+ctx.Err().Error(), maxReply)}
	case errors.As(err, &reply):
		return replied(phaseSession, reply.Code, reply.Msg)
	case isNetwork(err) && !isCertificate(err):
		return notify.Result{Outcome: models.DeliveryTemporary, Reply: notify.Printable(models.NotConnected+err.Error(), maxReply)}
	}
	return notify.Result{Outcome: models.DeliveryRejected, Reply: notify.Printable(err.Error(), maxReply)}
}

// judgeReply judges what failed once the session stood, in one phase of the dialogue.
func judgeReply(ctx context.Context, at phase, err error) notify.Result {
	var reply *textproto.Error
	switch {
	case errors.As(err, &reply):
		return replied(at, reply.Code, reply.Msg)
	case ctx.Err() != nil:
		return silent(ctx)
	}
	return notify.Result{Outcome: models.DeliveryTemporary, Reply: notify.Printable("connection lost: "+err.Error(), maxReply)}
}

func replied(at phase, code int, text string) notify.Result {
	enhanced, words := splitEnhanced(text)
	return notify.Result{
		Outcome: judge(at, code, enhanced, words), Code: code, Enhanced: enhanced, Reply: notify.Printable(words, maxReply),
	}
}

func silent(ctx context.Context) notify.Result {
	return notify.Result{Outcome: models.DeliveryTemporary, Reply: notify.Printable("no answer in time: "+ctx.Err().Error(), maxReply)}
}

func splitEnhanced(text string) (enhanced, rest string) {
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		return m[1], text[len(m[0]):]
	}
	return "", text
}

func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &header) || errors.As(err, &authority) || errors.As(err, &host)
}
