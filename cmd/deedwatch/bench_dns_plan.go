package main

import (
	"io"
	"strconv"

	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// dnsPlanDoc is how long sweeps take at the pace of the product, without a question to anybody.
type dnsPlanDoc struct {
	Bench       string        `json:"bench"`
	Questions   int           `json:"questions_per_server"`
	UnknownRate int           `json:"unknown_per_second"`
	LargeRate   int           `json:"large_per_second"`
	Portfolios  []dnsPlanPart `json:"portfolios"`
}

type dnsPlanPart struct {
	Name      string            `json:"name"`
	Assumed   string            `json:"assumed"`
	Operators []dnsPlanOperator `json:"operators"`
	Sizes     []dnsPlanSize     `json:"sizes"`
}

type dnsPlanOperator struct {
	Name    string  `json:"name"`
	Share   float64 `json:"share"`
	Servers int     `json:"servers"`
	Pairs   int     `json:"server_sets"`
	Large   bool    `json:"large"`
}

type dnsPlanSize struct {
	Domains  int           `json:"domains"`
	Seconds  float64       `json:"seconds"`
	Operator string        `json:"bound_by"`
	Longest  []dnsPlanSpan `json:"longest"`
}

type dnsPlanSpan struct {
	Operator string  `json:"operator"`
	Domains  int     `json:"domains"`
	Queries  int     `json:"busiest_address_queries"`
	Seconds  float64 `json:"seconds"`
	Bound    string  `json:"bound"`
}

const planQuestions = 8 // NS, SOA and six records at every server

// dnsPortfolios are assumed, after studies of who hosts zones: a few operators hold most names.
func dnsPortfolios() []dnsPlanPart {
	return []dnsPlanPart{
		{
			Name: "as in the measured world", Assumed: "eight operators that share by Zipf's law; the largest holds 37 % at two addresses",
			Operators: []dnsPlanOperator{
				{"first", 0.368, 2, 1, true},
				{"second", 0.184, 2, 1, true},
				{"third", 0.123, 4, 1, true},
				{"fourth", 0.092, 2, 1, true},
				{"fifth", 0.074, 3, 1, false},
				{"sixth", 0.061, 2, 1, false},
				{"seventh", 0.053, 2, 1, false},
				{"eighth", 0.046, 4, 1, false},
			},
		},
		{
			Name: "spread", Assumed: "large operators spread their names over many sets of servers, so that the busiest address holds 2 %; a long tail of small hosts",
			Operators: []dnsPlanOperator{
				{"largest", 0.2, 2, 10, true},
				{"second", 0.1, 2, 5, true},
				{"third", 0.08, 2, 4, true},
				{"fourth", 0.05, 4, 25, true},
				{"one of many small hosts", 0.005, 2, 1, false},
			},
		},
	}
}

func newDNSPlanDoc() dnsPlanDoc {
	doc := dnsPlanDoc{Bench: "dns-plan", Questions: planQuestions, UnknownRate: dns.UnknownRate, LargeRate: dns.LargeRate, Portfolios: dnsPortfolios()}
	for i := range doc.Portfolios {
		part := &doc.Portfolios[i]
		operators := make([]dns.PlannedOperator, len(part.Operators))
		for k, o := range part.Operators {
			operators[k] = dns.PlannedOperator(o)
		}
		for _, n := range plannedSizes {
			parts := dns.PlanSweep(n, planQuestions, operators)
			size := dnsPlanSize{Domains: n, Seconds: parts[0].Took.Seconds(), Operator: parts[0].Operator}
			for _, p := range parts {
				size.Longest = append(size.Longest, dnsPlanSpan{p.Operator, p.Names, p.Queries, p.Took.Seconds(), p.Bound})
			}
			part.Sizes = append(part.Sizes, size)
		}
	}
	return doc
}

// print shows the plan to people.
func (d dnsPlanDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("Reckoned by the pace as shipped: %d questions a second to a server address, %d at large operators, twice that to an operator", d.UnknownRate, d.LargeRate)
	say.line("or network, %d questions to every server of a name. The portfolios are assumed (--json lists them); nothing was asked.", d.Questions)
	for _, p := range d.Portfolios {
		say.line("")
		say.line("%s: %s", p.Name, p.Assumed)
		var rows [][]string
		for _, s := range p.Sizes {
			for i, l := range s.Longest {
				if i > 1 {
					break
				}
				rows = append(rows, []string{count(s.Domains) + " names, " + l.Operator, count(l.Domains), strconv.Itoa(l.Queries), span(l.Seconds), l.Bound})
			}
		}
		if say.err != nil {
			return say.err
		}
		if err := printTable(w, []string{"", "its names", "questions to an address", "a sweep takes", "bound by the rate of the"}, rows); err != nil {
			return err
		}
	}
	return say.err
}
