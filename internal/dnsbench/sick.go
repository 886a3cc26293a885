package dnsbench

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// sickSlow is how late the slow servers answer.
const sickSlow = 2 * time.Second

// sickServers are the second servers of these operators, of a hundred: about one in a hundred of all servers each.
var sickServers = map[string][]int{"dead": {10, 40, 70}, "slow": {11, 41, 71}, "failing": {12, 42, 72}}

// StartSick starts a world of a hundred operators without faults on names, in which some servers can be made sick.
func StartSick(ctx context.Context, zones int) (*World, error) {
	w := &World{Names: planNames(zones, manyOperators), operators: manyOperators, sick: map[string]*Relay{}}
	for i := range w.Names {
		w.Names[i].Fault = FaultNone
	}
	for _, operators := range sickServers {
		for _, k := range operators {
			w.sick[operatorAddr(k, 2)] = nil
		}
	}
	return start(ctx, w)
}

// listens gives the address at which the server of an operator really listens: one beside that in the zones where a relay stands there.
func (w *World) listens(operator, server int) string {
	if _, relayed := w.sick[operatorAddr(operator, server)]; relayed {
		return fmt.Sprintf("127.17.%d.%d", operator, server)
	}
	return operatorAddr(operator, server)
}

// relay starts the relays before the servers that can be made sick.
func (w *World) relay() (err error) {
	for _, operators := range sickServers {
		for _, k := range operators {
			at := operatorAddr(k, 2)
			from, to := netip.MustParseAddr(at), netip.MustParseAddr(w.listens(k, 2))
			if _, wanted := w.sick[at]; !wanted {
				continue
			}
			if w.sick[at], err = NewRelay(netip.AddrPortFrom(from, w.Port), netip.AddrPortFrom(to, w.Port)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sicken makes the servers dead, slow and failing, or well again.
func (w *World) Sicken(ill bool) {
	for kind, operators := range sickServers {
		b := Behaviour{}
		switch {
		case !ill:
		case kind == "dead":
			b.Loss = 1
		case kind == "slow":
			b.Delay = sickSlow
		default:
			b.ServFail = true
		}
		for _, k := range operators {
			w.sick[operatorAddr(k, 2)].Act(b)
		}
	}
}

// Sick says how a name is struck: "dead", "slow", "failing", or not at all.
func (w *World) Sick(n Name) string {
	for kind, operators := range sickServers {
		if slices.Contains(operators, n.Operator) {
			return kind
		}
	}
	return ""
}
