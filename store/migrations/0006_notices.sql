-- Notices beside the ladder (holds, transfers, attestation, broken records, thanks, retractions, access requests), what a person does about
-- tasks, bounces, suppressed addresses, contacts that a client proposes, feeds, the outbox of the ops channels, erasure.

-- Notices may now speak of no cycle (attestation, records) or of no domain (access). SQLite can't drop a NOT NULL, so the table is built anew.
{on sqlite} CREATE TABLE notices_new (
    id {id},
    domain_id {int} REFERENCES domains (id) ON DELETE RESTRICT,
    cycle_id {int} REFERENCES cycles (id) ON DELETE RESTRICT,
    stage text NOT NULL,
    episode text NOT NULL DEFAULT '',
    recipient text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'task')),
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    contact_id {int} REFERENCES contacts (id) ON DELETE RESTRICT,
    grant_id {int} REFERENCES grants (id) ON DELETE RESTRICT,
    state text NOT NULL CHECK (state IN ('queued', 'held', 'mailed', 'sent', 'superseded', 'cancelled', 'blocked', 'failed', 'bounced', 'done')),
    due_at {time} NOT NULL,
    reason text NOT NULL,
    mail_id {int} REFERENCES mails (id) ON DELETE RESTRICT,
    expires_at {time} NOT NULL,
    assignee text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    wanted_by {time},
    closed_by text NOT NULL DEFAULT '',
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    sent_at {time}
);
{on sqlite} INSERT INTO notices_new (id, domain_id, cycle_id, stage, recipient, channel, client_id, contact_id, state, due_at, reason, mail_id, expires_at, created_at, updated_at, sent_at)
    SELECT id, domain_id, cycle_id, stage, recipient, channel, client_id, contact_id, state, due_at, reason, mail_id, expires_at, created_at, updated_at, sent_at FROM notices;
{on sqlite} DROP TABLE notices;
{on sqlite} ALTER TABLE notices_new RENAME TO notices;
{on sqlite} CREATE INDEX idx_notices_client_id ON notices (client_id);
{on sqlite} CREATE INDEX idx_notices_contact_id ON notices (contact_id);
{on sqlite} CREATE INDEX idx_notice_state_due ON notices (state, due_at);
{on sqlite} CREATE INDEX idx_notices_mail_id ON notices (mail_id);
{on postgres} DROP INDEX idx_notice_key;
{on postgres} ALTER TABLE notices
    ALTER COLUMN domain_id DROP NOT NULL,
    ALTER COLUMN cycle_id DROP NOT NULL,
    ADD COLUMN episode text NOT NULL DEFAULT '',
    ADD COLUMN grant_id bigint REFERENCES grants (id) ON DELETE RESTRICT,
    ADD COLUMN assignee text NOT NULL DEFAULT '',
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN wanted_by timestamptz,
    ADD COLUMN closed_by text NOT NULL DEFAULT '',
    DROP CONSTRAINT notices_state_check,
    ADD CONSTRAINT notices_state_check CHECK (state IN ('queued', 'held', 'mailed', 'sent', 'superseded', 'cancelled', 'blocked', 'failed', 'bounced', 'done'));
CREATE UNIQUE INDEX idx_notice_key ON notices (COALESCE(domain_id, 0), COALESCE(cycle_id, 0), COALESCE(grant_id, 0), stage, episode, recipient, channel);
CREATE INDEX idx_notice_domain ON notices (domain_id);
CREATE INDEX idx_notice_cycle ON notices (cycle_id);

-- One message per contact, day and kind: 'notice' is the day's message on domains, 'access' what staff asks for.
ALTER TABLE mails ADD COLUMN kind text NOT NULL DEFAULT 'notice';
ALTER TABLE mails ADD COLUMN bounced_at {time};
ALTER TABLE mails ADD COLUMN bounce_reason text NOT NULL DEFAULT '';
DROP INDEX idx_mail_contact_day;
CREATE UNIQUE INDEX idx_mail_contact_day ON mails (contact_id, "day", kind);

-- What a signed link may be used for.
ALTER TABLE links ADD COLUMN purpose text NOT NULL DEFAULT 'answer';

-- A client may be written to by a ladder of its own, or not at all for a while.
ALTER TABLE clients ADD COLUMN notices text NOT NULL DEFAULT '{}';
ALTER TABLE clients ADD COLUMN held_at {time};
ALTER TABLE clients ADD COLUMN held_by text NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN held_why text NOT NULL DEFAULT '';

ALTER TABLE contacts ADD COLUMN opted_out_at {time};
ALTER TABLE contacts ADD COLUMN erased_at {time};

-- Persons that a client names in place of themselves; staff confirms them.
CREATE TABLE proposals (
    id {id},
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    domain_id {int} REFERENCES domains (id) ON DELETE RESTRICT,
    contact_id {int} NOT NULL REFERENCES contacts (id) ON DELETE RESTRICT,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    "at" {time} NOT NULL,
    decided_at {time},
    decided_by text NOT NULL
);
CREATE INDEX idx_proposal_client ON proposals (client_id);

-- Mail that came back, or of which the mail service said later what became of it.
CREATE TABLE bounces (
    id {id},
    event_id text NOT NULL,
    "at" {time} NOT NULL,
    mail_id {int} REFERENCES mails (id) ON DELETE RESTRICT,
    recipient text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('permanent', 'temporary', 'complaint', 'delivered')),
    status text NOT NULL,
    diagnostic text NOT NULL,
    source text NOT NULL,
    evidence {bytes},
    created_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_bounce_event ON bounces (event_id);
CREATE INDEX idx_bounce_mail ON bounces (mail_id);

-- Addresses to which nothing is sent, whoever's they are.
CREATE TABLE suppressions (
    id {id},
    address text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('bounced', 'complaint', 'opted_out', 'by_hand')),
    detail text NOT NULL,
    "by" text NOT NULL,
    "at" {time} NOT NULL,
    lifted_at {time},
    lifted_by text NOT NULL
);
CREATE UNIQUE INDEX idx_suppression_on ON suppressions (address) WHERE lifted_at IS NULL;

-- Calls and other words with a client about a task or a domain.
CREATE TABLE calls (
    id {id},
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    domain_id {int} REFERENCES domains (id) ON DELETE RESTRICT,
    contact_id {int} REFERENCES contacts (id) ON DELETE RESTRICT,
    notice_id {int} REFERENCES notices (id) ON DELETE RESTRICT,
    outcome text NOT NULL CHECK (outcome IN ('reached', 'message_left', 'no_answer', 'wrong_number')),
    note text NOT NULL,
    "by" text NOT NULL,
    "at" {time} NOT NULL
);
CREATE INDEX idx_call_client ON calls (client_id);
CREATE INDEX idx_call_notice ON calls (notice_id);

-- Calendar feeds by revocable address; only the hash of the address's secret part is kept.
CREATE TABLE feeds (
    id {id},
    hash text NOT NULL,
    client_id {int} REFERENCES clients (id) ON DELETE RESTRICT,
    label text NOT NULL,
    created_by text NOT NULL,
    created_at {time} NOT NULL,
    last_used_at {time},
    revoked_at {time},
    revoked_by text NOT NULL
);
CREATE UNIQUE INDEX idx_feed_hash ON feeds (hash);

-- What is told to ops and other programs: one row per event and target, tried until it is taken.
CREATE TABLE dispatches (
    id {id},
    event_id text NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    body text NOT NULL,
    "at" {time} NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
    attempts {int} NOT NULL,
    next_attempt_at {time} NOT NULL,
    last_code {int} NOT NULL,
    last_reply text NOT NULL,
    sent_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_dispatch_key ON dispatches (event_id, target);
CREATE INDEX idx_dispatch_due ON dispatches (state, next_attempt_at);
CREATE TABLE dispatch_tries (
    id {id},
    dispatch_id {int} NOT NULL REFERENCES dispatches (id) ON DELETE RESTRICT,
    "at" {time} NOT NULL,
    took_micros {int} NOT NULL,
    code {int} NOT NULL,
    reply text NOT NULL
);
CREATE INDEX idx_dispatch_try ON dispatch_tries (dispatch_id);

-- How far a reader of an append-only table has come.
CREATE TABLE cursors (
    name text NOT NULL PRIMARY KEY,
    position {int} NOT NULL,
    updated_at {time} NOT NULL
);

-- From scheme 2 on, a ledger line's hash covers its body by the body's own hash, so that what is personal in a body can be erased and the
-- chain still holds.
ALTER TABLE entries ADD COLUMN scheme {int} NOT NULL DEFAULT 1;
ALTER TABLE entries ADD COLUMN body_hash text NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN erased_at {time};
