package dnsbench

import (
	"net/netip"
	"slices"
	"time"
)

// sickSlow is how late the slow servers answer.
const sickSlow = 2 * time.Second

// sickServers are the second servers of these operators, of a hundred: about one in a hundred of all servers each.
var sickServers = map[string][]int{"dead": {10, 40, 70}, "slow": {11, 41, 71}, "failing": {12, 42, 72}}

// plantSickness chooses the servers that can be made sick.
func (w *World) plantSickness() {
	w.sick = map[string]*Relay{}
	for i := range w.Names {
		w.Names[i].Fault = FaultNone
	}
	for _, operators := range sickServers {
		for _, k := range operators {
			w.sick[operatorAddr(k, 2)] = nil
		}
	}
}

// relaySick starts the relays before the servers that can be made sick.
func (w *World) relaySick() (err error) {
	for at := range w.sick {
		from, to := netip.MustParseAddr(at), netip.MustParseAddr(w.behind(at))
		if w.sick[at], err = NewRelay(netip.AddrPortFrom(from, w.Port), netip.AddrPortFrom(to, w.Port)); err != nil {
			return err
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
