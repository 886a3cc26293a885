// Package catalog is what the product knows by heart: registries with their lifecycles, servers with their limits and ways, platforms with
// their roles, and how a registrable name is found in what people paste. It is data with a loader and a validator; who uses it decides what follows.
package catalog
