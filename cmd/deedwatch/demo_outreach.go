package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

// bouncesDir is the demo's bounce mailbox, beneath its folder.
const bouncesDir = "bounces"

// makeMailbox makes an empty maildir.
func makeMailbox(folder string) error {
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o700); err != nil {
			return fmt.Errorf("make a mailbox: %w", err)
		}
	}
	return nil
}

// restrain records what was agreed with clients before the demo's first notice: who is not written to, and to whom nothing goes out.
func (d *demo) restrain(ctx context.Context, clients []models.Client, now time.Time) error {
	for _, h := range d.ahead.Held {
		i := slices.IndexFunc(clients, func(c models.Client) bool { return c.Name == h.Client })
		if i < 0 {
			return fmt.Errorf("hold %s: %w", h.Client, models.ErrNotFound)
		}
		if err := d.app.store.HoldClient(ctx, clients[i].ID, h.Why, demoUser, now); err != nil {
			return fmt.Errorf("hold %s: %w", h.Client, err)
		}
	}
	for _, s := range d.ahead.Suppressed {
		err := d.app.store.Suppress(ctx, models.Suppression{Address: s.Address, Reason: models.SuppressedByHand, Detail: s.Why, By: demoUser, At: now})
		if err != nil {
			return fmt.Errorf("suppress %s: %w", s.Address, err)
		}
	}
	d.ahead.Held, d.ahead.Suppressed = nil, nil
	return nil
}

// react lets happen what follows the demo's first notices, each as soon as its notice is out: mail comes back, a client answers, staff calls.
// What has happened is taken off the list.
func (d *demo) react(ctx context.Context) error {
	var failed []error
	d.ahead.Returned = undone(d.ahead.Returned, &failed, d.sendBack)
	d.ahead.Proposed = undone(d.ahead.Proposed, &failed, func(p lab.DemoProposal) (bool, error) { return d.propose(ctx, p) })
	d.ahead.Called = undone(d.ahead.Called, &failed, func(c lab.DemoCall) (bool, error) { return d.call(ctx, c) })
	return errors.Join(append(failed, d.readBounces(ctx))...)
}

// undone tries each of a list and gives those that could not be done yet. What fails is not tried again.
func undone[T any](list []T, failed *[]error, do func(T) (done bool, err error)) []T {
	return slices.DeleteFunc(list, func(x T) bool {
		done, err := do(x)
		if err != nil {
			*failed = append(*failed, err)
		}
		return done || err != nil
	})
}

// sendBack has the first message to an address come back into the bounce mailbox.
func (d *demo) sendBack(r lab.DemoReturn) (bool, error) {
	mails := d.lab.MailsTo(r.Address)
	if len(mails) == 0 {
		return false, nil
	}
	report := mails[0].DeliveryReport(r.Address, r.Status, r.Text, d.clock.Now())
	name := fmt.Sprintf("%d.lab", mails[0].ID)
	if err := os.WriteFile(filepath.Join(d.dir, bouncesDir, "new", name), report, 0o600); err != nil {
		return false, fmt.Errorf("send mail to %s back: %w", r.Address, err)
	}
	return true, nil
}

// readBounces reads the bounce mailbox, which no step of the app does.
func (d *demo) readBounces(ctx context.Context) error {
	if _, err := d.app.runner.Enqueue(ctx, engine.Job{Kind: jobBounces}); err != nil {
		return fmt.Errorf("read what came back: %w", err)
	}
	return d.app.runner.Idle(ctx)
}

var (
	demoLink = regexp.MustCompile(`https?://\S+/c/[^\s/?]+`)
	demoForm = regexp.MustCompile(`name="form" value="([^"]+)"`)
)

// propose opens the link in the first message to a contact, and sends the form that names somebody else.
func (d *demo) propose(ctx context.Context, p lab.DemoProposal) (bool, error) {
	mails := d.lab.MailsTo(p.Address)
	if len(mails) == 0 {
		return false, nil
	}
	mail, err := mails[0].Parse()
	if err != nil {
		return false, fmt.Errorf("read the message to %s: %w", p.Address, err)
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	link := demoLink.FindString(mail.Text)
	page, err := visit(ctx, client, http.MethodGet, link, nil, http.StatusOK)
	if err != nil {
		return false, err
	}
	form := demoForm.FindStringSubmatch(page)
	if form == nil {
		return false, fmt.Errorf("the page of %s asks nothing", p.Address)
	}
	_, err = visit(ctx, client, http.MethodPost, link+"/answer", url.Values{
		"form": {html.UnescapeString(form[1])}, "domain": {p.Domain}, "answer": {string(models.AnswerWrongPerson)},
		"instead_name": {p.Name}, "instead_email": {p.Email}, "instead_phone": {p.Phone},
	}, http.StatusSeeOther)
	return true, err
}

// visit asks for a page as a browser does, and gives it when its status is the expected one.
func visit(ctx context.Context, client *http.Client, method, address string, form url.Values, want int) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("visit a page of the demo: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("visit a page of the demo: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return "", fmt.Errorf("visit a page of the demo: %w", err)
	}
	if resp.StatusCode != want {
		return "", fmt.Errorf("visit a page of the demo: %s", resp.Status)
	}
	return string(body), nil
}

// call notes a call for an open task about a domain, and who sees to it since.
func (d *demo) call(ctx context.Context, c lab.DemoCall) (bool, error) {
	now := d.clock.Now()
	list, err := d.app.store.Tasks(ctx, models.TaskQuery{Now: now, Today: models.DayOf(now, location(demoZone)), Limit: 100})
	if err != nil {
		return false, fmt.Errorf("read the tasks: %w", err)
	}
	i := slices.IndexFunc(list.Rows, func(t models.TaskView) bool { return t.Domain != nil && t.Domain.Name == c.Domain })
	if i < 0 {
		return false, nil
	}
	n := &list.Rows[i].Notice
	_, err = d.app.store.LogCall(ctx, models.Call{
		ClientID: n.ClientID, ContactID: n.ContactID, NoticeID: &n.ID, Outcome: models.CallOutcome(c.Outcome), Note: c.Note, By: demoUser, At: now,
	}, false)
	if err != nil {
		return false, fmt.Errorf("note a call about %s: %w", c.Domain, err)
	}
	plan := models.TaskPlan{ID: n.ID, Assignee: demoUser, Note: c.Note, WantedBy: new(models.DayOf(now, location(demoZone)).AddDate(0, 0, 7)), By: demoUser, At: now}
	if err := d.app.store.PlanTask(ctx, plan); err != nil {
		return false, fmt.Errorf("plan the task about %s: %w", c.Domain, err)
	}
	return true, nil
}
