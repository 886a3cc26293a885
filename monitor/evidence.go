package monitor

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Evidence gives the observation to store for a look: its evidence bounded by models.MaxEvidence and hashed as it is kept.
func Evidence(l models.Look, domainID int64, worker string) models.Observation {
	kept, cut := bounded(l.Evidence)
	return models.Observation{
		DomainID: domainID, Kind: l.Kind, Outcome: l.Outcome, Server: l.Server, At: l.At, TookMicros: l.Took.Microseconds(),
		Detail: l.Detail, Facts: l.Facts, Evidence: kept, EvidenceHash: hash(kept), ContentType: l.ContentType,
		Truncated: l.Truncated || cut, Worker: worker,
	}
}

// DNSEvidence gives the observation to store for a DNS look.
func DNSEvidence(l models.DelegationLook, domainID int64, worker string) models.Observation {
	return Evidence(models.Look{
		Kind: models.LookDNS, Outcome: l.Outcome, Server: "authoritative servers", At: l.At, Took: l.Took, Detail: l.Detail,
		Evidence: l.Evidence, ContentType: "text/plain; charset=utf-8",
	}, domainID, worker)
}

func bounded(raw []byte) (kept []byte, cut bool) {
	if len(raw) > models.MaxEvidence {
		return raw[:models.MaxEvidence], true
	}
	return raw, false
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// failedLook is the look that a panic comes to: one failed look, and the loop goes on.
func failedLook(kind models.LookKind, domain, server string, now time.Time) models.Look {
	return models.Look{
		Kind: kind, Domain: domain, Server: server, At: now, Outcome: models.OutcomeUnparsed,
		Detail: "The check itself failed on this answer. It is tried again; the log says more.",
	}
}
