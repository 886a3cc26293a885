package ops

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// maxLines is how many lines one message in the chat has; what is beyond is a number.
const maxLines = 8

// chatBody is what waits to be said in the chat. Several are said in one message.
type chatBody struct {
	Lines []string `json:"lines"`
	More  int      `json:"more"` // beyond those lines
}

// chatMessage gives what of the events a person must act on now, and which events that are.
func chatMessage(list []Event, baseURL string) (m chatBody, about []Event) {
	for i := range list {
		line := chatLine(&list[i], baseURL)
		if line == "" {
			continue
		}
		about = append(about, list[i])
		m.add(line, 0)
	}
	return m, about
}

func (m *chatBody) add(line string, more int) {
	m.More += more
	if len(m.Lines) < maxLines {
		m.Lines = append(m.Lines, line)
		return
	}
	m.More++
}

// chatLine words an event for the chat; empty: nobody has to act on it now.
func chatLine(e *Event, baseURL string) string {
	switch e.Type {
	case models.HappenedFindingOpened, models.HappenedFindingWorsened:
		f := e.Data.Finding
		if f == nil || f.Severity != models.SeverityCritical || f.Cause != "" {
			return ""
		}
		return "Critical: " + names(&e.Data) + ": " + plain(f.Title) + pageOf(&e.Data, baseURL)
	case "task.opened":
		if e.Data.Facts["stage"] != string(models.StageNobodyLeft) {
			return ""
		}
		return "Nobody left to write to: " + names(&e.Data) + ". Somebody has to call." + pageOf(&e.Data, baseURL)
	case "brake.pulled":
		why, _ := e.Data.Facts["reason"].(string)
		return "The storm brake holds all client mail: " + plain(why) + " " + baseURL + "/notices"
	case kindSweepStopped:
		return fmt.Sprintf("A recurring task has stopped: %s. %s", plain(fmt.Sprint(e.Data.Facts["sweep"])), baseURL+"/")
	case kindSwitchedOff:
		return fmt.Sprintf("The webhook %s answered 410 Gone and is switched off. %s", plain(fmt.Sprint(e.Data.Facts["target"])), baseURL+"/ops/deliveries")
	}
	return ""
}

// names gives the domain with its client as people read them.
func names(d *Data) string {
	var parts []string
	if d.Domain != nil {
		parts = append(parts, plain(notify.ShownName(d.Domain.Name)))
	}
	if d.Client != nil && d.Client.Name != "" {
		parts = append(parts, plain(d.Client.Name))
	}
	if len(parts) == 0 {
		return "a name that is not watched any more"
	}
	return strings.Join(parts, ", ")
}

// pageOf gives the address of the page to act on.
func pageOf(d *Data, baseURL string) string {
	switch {
	case d.Domain != nil:
		return " " + baseURL + "/domains/" + url.PathEscape(d.Domain.Name)
	case d.Client != nil:
		return fmt.Sprintf(" %s/clients/%d", baseURL, d.Client.ID)
	}
	return ""
}

// plainer takes from text what a chat would make a mention, a link, or bold of. The forms differ among Slack, Mattermost, Google Chat and
// Teams, and none of them reads the escapes of all others, so the characters are replaced by ones that look alike.
var plainer = strings.NewReplacer(
	"<", "‹", ">", "›", "@", "＠", "[", "(", "]", ")", "`", "ˋ", "*", "∗", "~", "∼", "|", "¦", "://", ":∕∕", "&lt;", "‹", "&gt;", "›", "&amp;", "and", "&#", "＆#",
	"mailto:", "mailto：", "tel:", "tel：", "www.", "www․",
)

// plain makes text from outside fit for the chat: one line, no mention, no link of its own.
func plain(s string) string { return plainer.Replace(notify.Printable(s, 200)) }

// chatText joins what waits to be said into one message.
func chatText(bodies []chatBody) string {
	var all chatBody
	for _, b := range bodies {
		all.More += b.More
		for _, line := range b.Lines {
			all.add(line, 0)
		}
	}
	lines := all.Lines
	if all.More > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more.", all.More))
	}
	return strings.Join(lines, "\n")
}

// readChat reads the bodies of dispatches. One that can't be read counts as one thing more.
func readChat(rows []models.Dispatch) []chatBody {
	bodies := make([]chatBody, len(rows))
	for i := range rows {
		if err := json.Unmarshal([]byte(rows[i].Body), &bodies[i]); err != nil {
			bodies[i] = chatBody{More: 1}
		}
	}
	return bodies
}

// The pace of the chat: a message a minute, and after ten in an hour one in ten minutes. What comes meanwhile is said together.
const (
	chatPause     = time.Minute
	chatBusy      = 10
	chatBusyPause = 10 * time.Minute
	chatWindow    = time.Hour
)

// chatNext gives when the chat may be written to again, after messages at the given times of the last hour, the latest first.
func chatNext(sent []time.Time) time.Time {
	switch {
	case len(sent) == 0:
		return time.Time{}
	case len(sent) >= chatBusy:
		return sent[0].Add(chatBusyPause)
	}
	return sent[0].Add(chatPause)
}
