package dnsbench

import (
	"fmt"
	"math/rand/v2"
)

// Name is one delegated name with what was planted on it.
type Name struct {
	Name     string
	Operator int
	Fault    Fault
}

// Fault is what is wrong with a name at every second server of its operator.
type Fault string

// The faults.
const (
	FaultNone    Fault = ""
	FaultStale   Fault = "stale"   // an older serial
	FaultNS      Fault = "nsdiff"  // another NS set
	FaultMissing Fault = "missing" // _dmarc is not there
	FaultWrong   Fault = "wrong"   // www points elsewhere
	FaultLame    Fault = "lame"    // the servers do not know the zone
)

var faults = []Fault{FaultStale, FaultNS, FaultMissing, FaultWrong, FaultLame}

const (
	fewOperators  = 8
	manyOperators = 100
	faultShare    = 0.02
	seed          = 20261122
)

// serversOf gives how many servers an operator has.
func serversOf(operator int) int { return []int{2, 2, 4, 2, 3, 2, 2, 4}[operator%8] }

// operatorZone is the top-level zone in which an operator's servers are named: those in the one carry glue in every delegation of the
// other names there, those in the other have to be looked up.
func operatorZone(operator int) string { return []string{"tld", "ops"}[operator%2] }

func operatorHost(operator, server int) string {
	return fmt.Sprintf("ns%d.op%d.%s", server, operator, operatorZone(operator))
}

func operatorAddr(operator, server int) string { return fmt.Sprintf("127.16.%d.%d", operator, server) }

// planNames draws operators and faults, the same ones every time.
func planNames(n, operators int) []Name {
	dice := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // a world that is the same every time
	weights := make([]float64, operators)
	sum := 0.0
	for k := range weights {
		weights[k] = 1 / float64(k+1)
		sum += weights[k]
	}
	names := make([]Name, n)
	for i := range names {
		draw, k := dice.Float64()*sum, 0
		for draw > weights[k] && k < operators-1 {
			draw -= weights[k]
			k++
		}
		names[i] = Name{Name: fmt.Sprintf("d%07d.tld", i), Operator: k}
		if dice.Float64() < faultShare {
			names[i].Fault = faults[dice.IntN(len(faults))]
		}
	}
	return names
}
