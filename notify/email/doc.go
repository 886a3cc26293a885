// Package email hands notices over by SMTP (RFC 5321): MIME, TLS, login, and telling apart what a reply means: accepted, try again later,
// refused for good by the recipient's side, or refused because of us. It is the only package that speaks SMTP.
//
// When to send, how often to try and what a refusal leads to is notify's business.
package email
