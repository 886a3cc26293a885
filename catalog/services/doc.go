// Package services knows the connections of services to domains: templates in the Domain Connect format, what applying one does to a zone,
// and what breaks for a client when its records go.
//
// A template is data; applying it is a pure function of the template, the zone and the variables. Reading zones from the network, storing
// what is expected of a client's domain and comparing it with what is there are left to others.
package services
