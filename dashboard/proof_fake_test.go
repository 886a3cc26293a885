package dashboard_test

import (
	"context"

	"github.com/krestmarketing/deedwatch/models"
)

// fakeProof is what the fake's ledger holds of its clients.
type fakeProof struct {
	lines    []models.ProofLine
	messages []models.ProofMessage
	looks    []models.Observation
	asked    models.ProofQuery
}

func (f *fakeStore) EachProof(_ context.Context, q models.ProofQuery, to models.ProofSink) error {
	c, ok := f.clients[q.ClientID]
	if !ok {
		return models.ErrNotFound
	}
	f.proof.asked = q
	if f.broken != nil {
		return f.broken
	}
	p := models.Proof{Client: c, Domains: map[int64]string{1: "xn--kessler-tren-llb.example"}, Entries: 1234, Head: "ad", Lines: len(f.proof.lines)}
	if err := to.Begin(p); err != nil {
		return err
	}
	if err := to.Lines(f.proof.lines); err != nil {
		return err
	}
	if err := to.Messages(f.proof.messages); err != nil {
		return err
	}
	return to.Looks(f.proof.looks)
}
