package models

// FeedView is what a calendar feed shows.
type FeedView struct {
	Feed    Feed
	Client  *Client          // nil: all, for the team
	Domains []Domain         // the nearest dates first
	Names   map[int64]string // of their clients, by ID
	More    bool             // there are more than are shown
}
