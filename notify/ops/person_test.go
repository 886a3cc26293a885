package ops_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

// TestNoBodyNamesAPerson has a contact added, corrected, suppressed and erased: receivers learn that, and never who it is.
func TestNoBodyNamesAPerson(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	d := w.desk(hook(r.URL, "contact.*", "address.*", "call.*", "client.*"))
	w.sweep(d)
	ctx, by := t.Context(), "dana@northwind.example"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := w.db.AddContact(ctx, models.Contact{ClientID: 1, Name: "Rosa Marin", Email: "rosa@marin.example", Phone: "+1 555 0188", Role: models.RoleBilling}, by, w.clock())
	must(err)
	c.Name = "Rosa Marin-Vega"
	must(w.db.CorrectContact(ctx, c, by, w.clock()))
	must(w.db.Suppress(ctx, models.Suppression{Address: c.Email, Reason: models.SuppressedByHand, Detail: "Rosa asked by phone", By: by, At: w.clock()}))
	_, err = w.db.LogCall(ctx, models.Call{ClientID: 1, ContactID: &c.ID, Outcome: models.CallReached, Note: "Rosa will see to it", By: by, At: w.clock()}, false)
	must(err)
	must(w.db.HoldClient(ctx, 1, "Rosa is on leave", by, w.clock()))
	_, err = w.db.EraseContact(ctx, models.Erasure{ContactID: c.ID, By: by, Reason: "asked", At: w.clock()})
	must(err)
	w.sweep(d)
	got := map[string]bool{}
	for _, req := range r.requests() {
		got[req.event.Type] = true
		for _, e := range req.event.Data.Events {
			got[e.Type] = true
		}
		for _, word := range []string{"Rosa", "rosa", "Marin", "marin", "555 0188", "5550188", "dana"} {
			if strings.Contains(req.body, word) {
				t.Errorf("a body names a person: %s", req.body)
			}
		}
	}
	for _, want := range []string{"contact.added", "contact.corrected", "contact.erased", "address.suppressed", "call.logged", "client.held"} {
		if !got[want] {
			t.Errorf("%s was not told; told were %v", want, got)
		}
	}
}
