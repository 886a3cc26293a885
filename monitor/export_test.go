package monitor

// Admit is the decision on one look at a server, for simulations.
var Admit = admit
