package dns

import (
	"slices"
	"time"
)

// PlannedOperator is an operator of name servers in an assumed portfolio.
type PlannedOperator struct {
	Name    string
	Share   float64 // of all names
	Servers int     // of each name
	Pairs   int     // sets of servers over which the operator spreads its names; 1: all names are at the same servers
	Large   bool    // known as a large one
}

// PlannedSweep is how long an operator's part of a sweep takes.
type PlannedSweep struct {
	Operator string
	Names    int
	Queries  int           // to the busiest address
	Took     time.Duration // as long as the sweep takes when it is the longest
	Bound    string        // "address" or "operator": which rate it is that binds
}

// PlanSweep reckons how long a sweep over a portfolio takes at the rates of the pacer, the longest part first: questions go to every server
// of a name, at most UnknownRate or LargeRate a second to one address, and operatorFactor times that to an operator. It asks nobody.
func PlanSweep(names, questions int, operators []PlannedOperator) []PlannedSweep {
	parts := make([]PlannedSweep, len(operators))
	for i, o := range operators {
		rate := float64(UnknownRate)
		if o.Large {
			rate = LargeRate
		}
		asked := float64(names) * o.Share * float64(questions)
		byAddress, byOperator := asked/float64(o.Pairs)/rate, asked*float64(o.Servers)/(operatorFactor*rate)
		parts[i] = PlannedSweep{Operator: o.Name, Names: int(float64(names) * o.Share), Queries: int(asked / float64(o.Pairs)), Bound: "address"}
		if byOperator > byAddress {
			parts[i].Bound = "operator"
		}
		parts[i].Took = time.Duration(max(byAddress, byOperator) * float64(time.Second))
	}
	slices.SortStableFunc(parts, func(a, b PlannedSweep) int { return int(b.Took - a.Took) })
	return parts
}
