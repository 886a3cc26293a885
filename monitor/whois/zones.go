package whois

import (
	"strings"
	"time"
)

// zones are the names of time zones that registries print, with their distance to UTC. Names that stand for zones hours apart (IST, CST)
// are in vagueZones.
var zones = map[string]time.Duration{
	"": 0, "z": 0, "utc": 0, "gmt": 0, "ut": 0, "zulu": 0, "wet": 0,
	"bst": time.Hour, "west": time.Hour, "cet": time.Hour, "met": time.Hour, "mez": time.Hour, "wat": time.Hour,
	"cest": 2 * time.Hour, "mest": 2 * time.Hour, "eet": 2 * time.Hour, "cat": 2 * time.Hour, "sast": 2 * time.Hour,
	"eest": 3 * time.Hour, "msk": 3 * time.Hour, "eat": 3 * time.Hour, "trt": 3 * time.Hour,
	"msd": 4 * time.Hour, "gst": 4 * time.Hour, "uzt": 5 * time.Hour, "pkt": 5 * time.Hour, "almt": 6 * time.Hour, "wib": 7 * time.Hour, "ict": 7 * time.Hour,
	"hkt": 8 * time.Hour, "sgt": 8 * time.Hour, "myt": 8 * time.Hour, "awst": 8 * time.Hour,
	"jst": 9 * time.Hour, "kst": 9 * time.Hour, "aest": 10 * time.Hour, "aedt": 11 * time.Hour, "nzst": 12 * time.Hour, "nzdt": 13 * time.Hour,
	"art": -3 * time.Hour, "brt": -3 * time.Hour, "clst": -3 * time.Hour, "clt": -4 * time.Hour, "ast": -4 * time.Hour, "edt": -4 * time.Hour,
	"est": -5 * time.Hour, "cdt": -5 * time.Hour, "pet": -5 * time.Hour, "mdt": -6 * time.Hour, "mst": -7 * time.Hour, "pdt": -7 * time.Hour,
	"pst": -8 * time.Hour,
}

// vagueZones are names of zones hours apart: a time with one of them is not read, only its day.
var vagueZones = map[string]bool{"ist": true, "cst": true, "bdt": true, "sst": true, "wst": true, "amt": true, "act": true}

// zoneWord reports whether a word is a zone.
func zoneWord(w string) bool {
	if w == "" {
		return false
	}
	_, ok := zoneOffset(w)
	return ok
}

// zoneOffset reads a zone's name, +0200, +02:00, +03, utc+8 or gmt-5.
func zoneOffset(z string) (time.Duration, bool) {
	z = strings.Trim(z, ".;")
	if d, ok := zones[z]; ok {
		return d, true
	}
	z = strings.TrimPrefix(strings.TrimPrefix(z, "utc"), "gmt")
	if len(z) < 2 || (z[0] != '+' && z[0] != '-') {
		return 0, false
	}
	hours, minutes := -1, 0
	if h, m, ok := strings.Cut(z[1:], ":"); ok {
		hours, minutes = atoi(h), atoi(m)
	} else if len(h) <= 2 {
		hours = atoi(h)
	} else if len(h) == 4 {
		hours, minutes = atoi(h[:2]), atoi(h[2:])
	}
	if hours < 0 || minutes < 0 || hours > 14 || minutes > 59 {
		return 0, false
	}
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if z[0] == '-' {
		d = -d
	}
	return d, true
}
