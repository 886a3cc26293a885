package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
)

// look is an observation of a source that answered with an expiry.
func look(kind models.LookKind, when, expires time.Time) models.Observation {
	return models.Observation{
		Kind: kind, Outcome: models.OutcomeOK, Server: "https://" + string(kind) + ".lab", At: when, Worker: "w1",
		Facts: &models.Facts{ExpiresAt: &expires},
	}
}

func said(o models.Observation) models.Statement {
	return models.Statement{
		Source: o.Kind, Server: o.Server, Outcome: o.Outcome, Facts: o.Facts, At: new(o.At), AskedAt: o.At, AskedOutcome: o.Outcome,
	}
}

// observationOf gives the ID of the latest observation of a kind.
func observationOf(t *testing.T, on engine, kind models.LookKind) int64 {
	t.Helper()
	for _, o := range must[models.DomainView](t)(on.s.DomainView(t.Context(), "a.lab")).Observations {
		if o.Kind == kind {
			return o.ID
		}
	}
	t.Fatalf("no observation of %s", kind)
	return 0
}

func TestStatementsAreKeptForEachSource(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"))
		registry, registrar, whois := look(models.LookRDAP, now, at(30*day)), look(models.LookRegistrarRDAP, at(time.Second), at(20*day)), look(models.LookWHOIS, at(2*time.Second), at(25*day))
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.Observations = []models.Observation{registry, registrar, whois}
			rec.Statements = []models.Statement{said(whois), said(registrar), said(registry)}
			rec.Changes = []models.Change{{At: now, Field: models.FactRegistrarExpiry, Source: models.LookRegistrarRDAP}, {At: now, Field: models.FactLifecycle}}
			rec.Registration = &models.Registration{UpdatedAt: now, Sources: map[string]models.FactSource{
				models.FactRegistrarExpiry: {Source: models.LookRegistrarRDAP, Server: registrar.Server, At: registrar.At},
			}}
		})
		judged(t, s, "b.lab", func(rec *models.RegistrationRecord) {
			rec.Observations, rec.Statements = []models.Observation{registry}, []models.Statement{said(registry)}
		})

		view := must[models.DomainView](t)(s.DomainView(t.Context(), "a.lab"))
		want := []models.Statement{said(registry), said(registrar), said(whois)}
		for i := range want {
			want[i].DomainID, want[i].ObservationID = view.Watched.Domain.ID, new(observationOf(t, on, want[i].Source))
		}
		instants := cmpopts.EquateApproxTime(0)
		if diff := cmp.Diff(want, view.Watched.Statements, instants); diff != "" {
			t.Errorf("statements in the order of their sources (-given +stored):\n%s", diff)
		}
		if c := view.Changes; len(c) != 2 || c[0].ObservationID != nil || *c[1].ObservationID != observationOf(t, on, models.LookRegistrarRDAP) {
			t.Errorf("a change rests on the look of its source, and on none without: %+v", c)
		}
		wantSource := models.FactSource{Source: models.LookRegistrarRDAP, Server: registrar.Server, At: registrar.At}
		if diff := cmp.Diff(wantSource, view.Watched.Registration.Sources[models.FactRegistrarExpiry], instants); diff != "" {
			t.Errorf("source of the merged date (-given +stored):\n%s", diff)
		}
	})
}

func TestAStatementThatEndedIsDropped(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		registry, registrar := look(models.LookRDAP, now, at(30*day)), look(models.LookRegistrarRDAP, now, at(20*day))
		record := func(observations []models.Observation, statements []models.Statement) []models.Statement {
			judged(t, s, "a.lab", func(rec *models.RegistrationRecord) { rec.Observations, rec.Statements = observations, statements })
			return watched(t, s, "a.lab").Statements
		}
		both := record([]models.Observation{registry, registrar}, []models.Statement{said(registry), said(registrar)})
		if got := record(nil, nil); len(got) != 2 {
			t.Errorf("a judgement without a look left %d statements, want both", len(got))
		}

		failed := registry
		failed.Outcome, failed.Facts = models.OutcomeTimeout, nil
		asked := both[0]
		asked.AskedAt, asked.AskedOutcome = at(day), models.OutcomeTimeout
		got := record([]models.Observation{failed}, []models.Statement{asked, both[1]})
		if *got[0].ObservationID != *both[0].ObservationID || got[0].AskedOutcome != models.OutcomeTimeout || !got[0].At.Equal(*both[0].At) {
			t.Errorf("a look without an answer changed the statement or its evidence: %+v", got[0])
		}

		got = record([]models.Observation{registry}, []models.Statement{said(registry)})
		if len(got) != 1 || got[0].Source != models.LookRDAP {
			t.Errorf("the former registrar's statement is still there: %+v", got)
		}
		if *got[0].ObservationID == *both[0].ObservationID {
			t.Error("a new statement rests on the old look")
		}
	})
}
