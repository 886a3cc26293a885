// Package e2e drives the whole product in a browser, as a newcomer and a client would. The scripts in the folder browser run on Node with
// Playwright and axe-core, installed by the test from the npm registry; the product itself needs neither.
package e2e
