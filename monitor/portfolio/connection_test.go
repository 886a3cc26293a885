package portfolio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// connecting takes connections of one service with two variables.
func connecting() portfolio.Options {
	o := canonical
	o.Expand = func(c portfolio.Connection) ([]models.ExpectedRecord, error) {
		switch {
		case c.Code != "shop":
			return nil, models.Invalid("connection", "is not known")
		case c.Variables["key"] == "":
			return nil, models.Invalid("variables", "lack the key")
		case c.Host == c.Domain:
			return nil, models.Invalid("host", "is needed")
		case c.Variables["user"] == "nobody":
			return nil, errors.New("it can't be reached")
		case c.Variables["user"] == "nowhere":
			return nil, models.Invalid("template", "is broken")
		}
		return []models.ExpectedRecord{
			{Host: c.Host, Type: "A", Match: models.MatchExact, Values: []string{"192.0.2.1", "192.0.2.2"}, Service: c.Code, Purpose: "The shop.", Essential: true, State: models.RecordUnknown},
			{Host: c.Domain, Type: "TXT", Match: models.MatchContains, Values: []string{c.Variables["key"]}, Service: c.Code, Purpose: "The shop.", State: models.RecordUnknown},
		}, nil
	}
	return o
}

func TestAConnectionStandsForItsRecords(t *testing.T) {
	t.Parallel()
	const in = `domain,host,connection,variables,purpose,essential,type,value
one.lab,shop,shop,key=k=rsa; p=MIGf | User=7,,,,
one.lab,shop.one.lab.,shop,key=k=rsa; p=MIGf,,,,
shop.two.lab,,shop,|key=a|,Sells cakes,no,,
two.lab,www,,,,,A,192.0.2.9
two.lab,shop,,,,,A,192.0.2.3
`
	sheet, err := portfolio.ReadRecords(strings.NewReader(in), connecting())
	if err != nil || len(sheet.Errors) > 0 {
		t.Fatal(err, sheet.Errors)
	}
	var got []string
	for _, g := range sheet.Groups {
		for _, r := range g.Records {
			got = append(got, fmt.Sprint(g.Line, " ", r.Host, " ", r.Type, " ", r.Match, " ", r.Values, " ", r.Service, " ", r.Purpose, " ", r.Essential))
		}
	}
	want := []string{
		"2 shop.one.lab A exact [192.0.2.1 192.0.2.2] shop The shop. true", // two lines that ask for the same make it once
		"2 one.lab TXT contains [k=rsa; p=MIGf] shop The shop. false",
		"4 shop.two.lab A exact [192.0.2.1 192.0.2.2 192.0.2.3] shop Sells cakes false", // a set, with the last line's address
		"4 two.lab TXT contains [a] shop Sells cakes false",
		"4 www.two.lab A exact [192.0.2.9]   true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsThatCannotBeSayWhatToDo(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct{ row, column, says string }{
		"unknown":                  {"a.lab,www,nosuch,,,,,", "connection", "is not known"},
		"a variable is missing":    {"a.lab,www,shop,user=1,,,,", "variables", "lack the key"},
		"no variable at all":       {"a.lab,www,shop,key,,,,", "variables", "name=value"},
		"a variable without name":  {"a.lab,www,shop,=x,,,,", "variables", "name=value"},
		"a variable twice":         {"a.lab,www,shop,key=x|KEY=y,,,,", "variables", "twice"},
		"a host is needed":         {"a.lab,@,shop,key=x,,,,", "host", "is needed"},
		"records of its own":       {"a.lab,www,shop,key=x,A,192.0.2.1,,", "type", "must be empty"},
		"a matcher of its own":     {"a.lab,www,shop,key=x,,,prefix,", "match", "must be empty"},
		"another service":          {"a.lab,www,shop,key=x,,,,seo", "service", "must be empty"},
		"no host name":             {"a.lab,a b,shop,key=x,,,,", "host", "no host name"},
		"no domain":                {",www,shop,key=x,,,,", "domain", "no name was given"},
		"an error without a field": {"a.lab,www,shop,key=x|user=nobody,,,,", "connection", "can't be reached"},
		"one of another field":     {"a.lab,www,shop,key=x|user=nowhere,,,,", "connection", "is broken"},
		"variables of nothing":     {"a.lab,www,,key=x,A,192.0.2.1,,", "variables", "belong to a connection"},
	} {
		sheet, err := portfolio.ReadRecords(strings.NewReader("domain,host,connection,variables,type,value,match,service\n"+c.row+"\nfine.lab,www,shop,key=1,,,,shop\n"), connecting())
		if err != nil || len(sheet.Groups) != 1 || sheet.Groups[0].Domain != "fine.lab" || len(sheet.Rejected) != 1 {
			t.Errorf("%s: the good row was lost: %+v %v", why, sheet.Groups, err)
			continue
		}
		if e := sheet.Errors[0]; e.Column != c.column || e.Line != 2 || !strings.Contains(e.Msg, c.says) {
			t.Errorf("%s: %+v", why, sheet.Errors)
		}
	}
}

func TestColumnsOfConnections(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		in string
		ok bool
	}{
		"no type and value":             {"domain,connection,variables,host\na.lab,shop,key=1,www\n", true},
		"by another name":               {"domain;template;parameters;hostname\na.lab;shop;key=1;www\n", true},
		"neither value nor connection":  {"domain,type\na.lab,A\n", false},
		"without the domain of course":  {"connection,host\nshop,www\n", false},
		"a plain row in a file without": {"domain,connection,host\na.lab,,www\n", true}, // the row is refused, not the file
	} {
		if _, err := portfolio.ReadRecords(strings.NewReader(c.in), connecting()); (err == nil) != c.ok || !c.ok && !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
	sheet, err := portfolio.ReadRecords(strings.NewReader("domain,connection,host\na.lab,shop,www\n"), canonical)
	if err != nil || len(sheet.Errors) != 1 || sheet.Errors[0].Column != "connection" {
		t.Errorf("where no connection can be read: %+v %v", sheet.Errors, err)
	}
}
