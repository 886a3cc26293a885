package dashboard

import (
	"net/http"

	"github.com/krestmarketing/deedwatch/models"
)

// open marks a route that needs no account: signing in, health, files, the client's pages.
const open models.UserRole = ""

// handler answers one request, or says why it can't; the error becomes a page (fail.go).
type handler func(w http.ResponseWriter, r *http.Request) error

// route is one line of the table: what may be asked, by whom at least, and who answers.
type route struct {
	pattern string
	min     models.UserRole // open, or the least role
	handle  handler
}

// routes is every address of the dashboard. A test visits each with every role and with none.
func (s *Server) routes() []route {
	all := []route{
		{"GET /healthz", open, s.healthz},
		{"GET /readyz", open, s.readyz},
		{"GET /assets/{file}", open, s.serveAsset},
		{"GET /robots.txt", open, s.robots},
		{"GET /login", open, s.loginPage},
		{"POST /login", open, s.signIn},
		{"POST /logout", open, s.signOut},
		{"GET /setup", open, s.setupPage},
		{"POST /setup", open, s.setUp},

		{"GET /c/{token}", open, s.portalPage},
		{"GET /c/{token}/confirm", open, s.portalConfirm},
		{"POST /c/{token}/answer", open, s.portalAnswer},
		{"POST /c/{token}/withdraw", open, s.portalWithdraw},
		{"POST /c/{token}/attest", open, s.portalAttest},
		{"GET /u/{token}", open, s.stopPage},
		{stopPattern, open, s.stop},
		{"POST /u/{token}/again", open, s.stopBack},

		{"POST " + hookPath + "{name}", open, s.mailHook},

		{"GET /{$}", models.UserViewer, s.todayPage},
		{"GET /find", models.UserViewer, s.find},
		{"GET /domains", models.UserViewer, s.boardPage},
		{"GET /domains.csv", models.UserViewer, s.boardCSV},
		{"POST /domains/recheck", models.UserOnboarding, s.recheckMany},
		{"GET /domains/{name}", models.UserViewer, s.domainPage},
		{"POST /domains/{name}/recheck", models.UserOnboarding, s.recheckOne},
		{"POST /domains/{name}/attest", models.UserOnboarding, s.attest},
		{"POST /domains/{name}/auto-renew", models.UserOnboarding, s.setAutoRenew},
		{"POST /domains/{name}/findings/{id}/rest", models.UserOps, s.restFinding},
		{"POST /domains/{name}/findings/{id}/assign", models.UserOps, s.assignFinding},
		{"GET /domains/{name}/archive", models.UserOps, s.archivePage},
		{"POST /domains/{name}/archive", models.UserOps, s.archive},
		{"GET /observations/{id}", models.UserViewer, s.observationPage},
		{"GET /clients", models.UserViewer, s.clientsPage},
		{"GET /clients/{id}", models.UserViewer, s.clientPage},
		{"GET /clients/{id}/onboarding", models.UserViewer, s.onboardingPage},
		{"POST /clients/{id}/onboarding/recheck", models.UserOnboarding, s.lookAgain},

		{"/", open, func(http.ResponseWriter, *http.Request) error { return errNoSuchPage }},
	}
	all = append(all, s.proofRoutes()...)
	all = append(all, s.feedRoutes()...)
	all = append(all, s.eraseRoutes()...)
	all = append(all, s.outgoingRoutes()...)
	return append(append(all, s.accessRoutes()...), s.deliveryRoutes()...)
}

// Route is one address of the dashboard with the least role that may use it; an empty role means that no account is needed.
type Route struct {
	Pattern string
	Role    models.UserRole
}

// Routes lists every address, for documents and tests.
func (s *Server) Routes() []Route {
	var list []Route
	for _, rt := range s.routes() {
		list = append(list, Route{Pattern: rt.pattern, Role: rt.min})
	}
	return list
}
