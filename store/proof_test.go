package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// proof is what EachProof hands over, as numbers.
type proof struct {
	Own, Others, Mails, Looks []int64
	Bodies                    int // of others that were not kept back
}

func proofOf(tb testing.TB, s *store.Store, q models.ProofQuery) (p models.Proof, got proof) {
	tb.Helper()
	ok(tb, s.EachProof(tb.Context(), q, models.ProofSink{
		Begin: func(head models.Proof) error { p = head; return nil },
		Lines: func(lines []models.ProofLine) error {
			for _, l := range lines {
				if l.Own {
					got.Own = append(got.Own, l.ID)
					continue
				}
				got.Others = append(got.Others, l.ID)
				if l.Body != "" {
					got.Bodies++
				}
			}
			return nil
		},
		Messages: func(messages []models.ProofMessage) error {
			for _, m := range messages {
				got.Mails = append(got.Mails, m.Mail.ID)
				if len(m.Attempts) != 1 || m.Mail.Text == "" {
					tb.Errorf("message %+v", m)
				}
			}
			return nil
		},
		Looks: func(looks []models.Observation) error {
			for _, o := range looks {
				got.Looks = append(got.Looks, o.ID)
				if (o.Evidence != nil) != q.Evidence || o.EvidenceHash == "" {
					tb.Errorf("observation %+v", o)
				}
			}
			return nil
		},
	}))
	return p, got
}

func TestAProofHasTheNeighboursOfItsLines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w := provenWorld(t, s)
		ok(t, s.AddLedger(t.Context(), entries(3))) // lines 8 to 10
		client := w.w.Client.ID
		for name, tc := range map[string]struct {
			q    models.ProofQuery
			want proof
		}{
			"all":           {models.ProofQuery{ClientID: client}, proof{Own: []int64{3, 5, 6, 7}, Others: []int64{2, 4, 8}, Mails: []int64{1}, Looks: []int64{1}}},
			"with evidence": {models.ProofQuery{ClientID: client, Evidence: true}, proof{Own: []int64{3, 5, 6, 7}, Others: []int64{2, 4, 8}, Mails: []int64{1}, Looks: []int64{1}}},
			"whole":         {models.ProofQuery{ClientID: client, Whole: true}, proof{Own: []int64{3, 5, 6, 7}, Others: []int64{2, 4, 8, 9, 10}, Mails: []int64{1}, Looks: []int64{1}}},
			"later":         {models.ProofQuery{ClientID: client, From: new(at(30 * time.Minute)), Until: new(at(3 * time.Hour))}, proof{Own: []int64{5, 6, 7}, Others: []int64{4}}},
			"never":         {models.ProofQuery{ClientID: client, From: new(at(day))}, proof{}},
			"somebody else": {models.ProofQuery{ClientID: client + 1}, proof{}},
		} {
			p, got := proofOf(t, s, tc.q)
			if diff := cmp.Diff(tc.want, got); diff != "" || p.Entries != 10 {
				t.Errorf("%s: %+v (-want +got):\n%s", name, p, diff)
			}
		}
		if err := s.EachProof(t.Context(), models.ProofQuery{ClientID: 900}, models.ProofSink{}); err == nil {
			t.Error("a proof of nobody")
		}
	})
}
