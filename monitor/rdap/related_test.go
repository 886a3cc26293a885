package rdap_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// What the registrar's server says, and what of it counts.
func TestWhatARegistrarStates(t *testing.T) {
	domain := func(name, events string) string {
		return fmt.Sprintf(`{"objectClassName":"domain","ldhName":%q,"events":[%s],"links":[{"rel":"related","href":"https://next.example/domain/a.lab","type":"application/rdap+json"}]}`, name, events)
	}
	const ofRegistry, ofRegistrar = `{"eventAction":"expiration","eventDate":"2028-01-01"}`, `{"eventAction":"registrar expiration","eventDate":"2027-05-06T00:00:00Z"}`
	for _, c := range []struct {
		why    string
		status int
		body   string
		want   models.Outcome
		date   *time.Time
	}{
		{"its expiration is its date", 200, domain("a.lab", ofRegistry), models.OutcomeOK, day(2028, 1, 1)},
		{"its own date before the registry's", 200, domain("a.lab", ofRegistry+","+ofRegistrar), models.OutcomeOK, day(2027, 5, 6)},
		{"its own date alone", 200, domain("a.lab", ofRegistrar), models.OutcomeOK, day(2027, 5, 6)},
		{"no date", 200, domain("a.lab", ""), models.OutcomeOK, nil},
		{"another domain", 200, domain("b.lab", ofRegistry), models.OutcomeUnparsed, nil},
		{"no such name", 404, `{"errorCode":404}`, models.OutcomeAbsent, nil},
		{"a web page", 200, "<html>", models.OutcomeUnparsed, nil},
		{"a web page's 404", 404, "<html>", models.OutcomeUnparsed, nil},
		{"it is busy", 503, "", models.OutcomeThrottled, nil},
	} {
		client, _ := registry(t, true, func(http.ResponseWriter, *http.Request) { t.Error("the registry was asked") })
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		look := client.LookRelated(t.Context(), "a.lab", at+"/domain/a.lab")
		if look.Outcome != c.want || look.Kind != models.LookRegistrarRDAP || (look.Facts != nil) != (c.want == models.OutcomeOK) {
			t.Errorf("%s: %s (%s)", c.why, look.Outcome, look.Detail)
			continue
		}
		if f := look.Facts; f != nil {
			if diff := cmp.Diff(c.date, f.RegistrarExpiresAt); diff != "" || f.ExpiresAt != nil || f.DateOnly || f.RelatedURL != "" {
				t.Errorf("%s: %+v %s", c.why, f, diff)
			}
		}
	}
}

// The registry is not asked a second time under the name of the registrar, neither by its link nor by a redirect.
func TestTheRegistryIsNotItsOwnRegistrar(t *testing.T) {
	client, srv := registry(t, true, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, answer("a.lab")) })
	look := client.LookRelated(t.Context(), "a.lab", srv.URL+"/RDAP/domain/a.lab")
	if look.Outcome != models.OutcomeUnsupported || look.Facts != nil {
		t.Errorf("%s: %s", look.Outcome, look.Detail)
	}
	back := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, srv.URL+"/rdap/domain/a.lab", http.StatusFound)
	})
	look = client.LookRelated(t.Context(), "a.lab", back+"/domain/a.lab")
	if look.Outcome != models.OutcomeUnsupported || look.Facts != nil {
		t.Errorf("by a redirect: %s: %s", look.Outcome, look.Detail)
	}
	if look = client.LookRelated(t.Context(), "a.lab", srv.URL+"/registrar/domain/a.lab"); look.Outcome != models.OutcomeOK {
		t.Errorf("another service of the same host: %s: %s", look.Outcome, look.Detail)
	}
}
