package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/deedwatch.css assets/mark.svg
var assetFiles embed.FS

// asset is a file that is served under a name with its content's hash, so that it can be kept for ever.
type asset struct {
	name string
	etag string
	kind string
	body []byte
}

// assets holds the embedded files by the name in their address.
type assets struct {
	byName map[string]asset
	css    string // address of the stylesheet
	mark   string // address of the mark
}

func loadAssets() (assets, error) {
	a := assets{byName: map[string]asset{}}
	for file, kind := range map[string]string{"deedwatch.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"} {
		body, err := assetFiles.ReadFile("assets/" + file)
		if err != nil {
			return a, fmt.Errorf("read the embedded file %s: %w", file, err)
		}
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:8])
		ext := path.Ext(file)
		name := strings.TrimSuffix(file, ext) + "." + hash + ext
		a.byName[name] = asset{name: name, etag: `"` + hash + `"`, kind: kind, body: body}
		if ext == ".css" {
			a.css = "/assets/" + name
		} else {
			a.mark = "/assets/" + name
		}
	}
	return a, nil
}

// serveAsset answers with an embedded file; http.ServeContent looks after If-None-Match, Range and HEAD.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) error {
	f, ok := s.assets.byName[r.PathValue("file")]
	if !ok {
		return errNoSuchPage
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.body))
	return nil
}

// StylesheetURL gives the address of the stylesheet, for pages that are served beside these.
func (s *Server) StylesheetURL() string { return s.assets.css }

// IconURL gives the address of the icon, for pages that are served beside these.
func (s *Server) IconURL() string { return s.assets.mark }
