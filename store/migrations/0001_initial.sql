-- The first schema. Words in braces are spelled by the engine; every statement ends with a semicolon at the end of a line.
-- Rows are never deleted behind somebody's back: every reference restricts.

CREATE TABLE clients (
    id {id},
    name text NOT NULL,
    services text NOT NULL,
    time_zone text NOT NULL,
    language text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_clients_name ON clients (name);

CREATE TABLE contacts (
    id {id},
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'billing', 'technical', 'deputy')),
    time_zone text NOT NULL,
    language text NOT NULL,
    email_state text NOT NULL CHECK (email_state IN ('ok', 'bad')),
    email_reason text NOT NULL,
    email_state_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_contact_client_email ON contacts (client_id, email);

CREATE TABLE domains (
    id {id},
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    name text NOT NULL,
    suffix text NOT NULL,
    services text NOT NULL,
    auto_renew text NOT NULL CHECK (auto_renew IN ('unknown', 'on', 'off')),
    auto_renew_by text NOT NULL,
    auto_renew_at {time},
    archived_at {time},
    attested_expiry {time},
    attested_by text NOT NULL,
    attested_at {time},
    registry_server text NOT NULL,
    next_look_at {time} NOT NULL,
    next_dns_at {time} NOT NULL,
    next_judge_at {time},
    look_failures {int} NOT NULL,
    dns_failures {int} NOT NULL,
    lifecycle text NOT NULL CHECK (lifecycle IN ('unknown', 'registered', 'expiring', 'expired', 'redemption', 'pending_delete', 'released', 'on_hold')),
    lifecycle_since {time},
    lifecycle_why text NOT NULL,
    expires_at {time},
    expiry_source text NOT NULL CHECK (expiry_source IN ('', 'registry', 'registrar', 'attested')),
    expiry_as_of {time},
    unconfirmed {bool} NOT NULL,
    last_safe_day {time},
    recover_until {time},
    registrar text NOT NULL,
    checked_at {time},
    seen_at {time},
    look_outcome text NOT NULL,
    look_source text NOT NULL,
    records_total {int} NOT NULL,
    records_right {int} NOT NULL,
    records_unknown {int} NOT NULL,
    dns_checked_at {time},
    quiet_until {time},
    quiet_reason text NOT NULL,
    version {int} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX idx_domains_client_id ON domains (client_id);
CREATE UNIQUE INDEX idx_domains_name ON domains (name);
CREATE INDEX idx_domains_suffix ON domains (suffix);
CREATE INDEX idx_domain_due_reg ON domains (registry_server, next_look_at);
CREATE INDEX idx_domains_next_dns_at ON domains (next_dns_at);
CREATE INDEX idx_domains_next_judge_at ON domains (next_judge_at);
CREATE INDEX idx_domains_lifecycle ON domains (lifecycle);
CREATE INDEX idx_domains_expires_at ON domains (expires_at);
CREATE INDEX idx_domains_registrar ON domains (registrar);

CREATE TABLE observations (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    kind text NOT NULL,
    outcome text NOT NULL,
    server text NOT NULL,
    "at" {time} NOT NULL,
    took_micros {int} NOT NULL,
    detail text NOT NULL,
    facts text,
    evidence {bytes},
    evidence_hash text NOT NULL,
    content_type text NOT NULL,
    truncated {bool} NOT NULL,
    worker text NOT NULL
);
CREATE INDEX idx_observation_domain_at ON observations (domain_id, "at");

CREATE TABLE registrations (
    domain_id {int} NOT NULL PRIMARY KEY REFERENCES domains (id) ON DELETE RESTRICT,
    registry_expiry {time},
    registry_expiry_at {time},
    registry_changed_at {time},
    registry_source text NOT NULL,
    registrar_expiry {time},
    registrar_expiry_at {time},
    renewal_of {time},
    renewal_seen_at {time},
    registrar text NOT NULL,
    registrar_id text NOT NULL,
    statuses text NOT NULL,
    nameservers text NOT NULL,
    dns_sec text NOT NULL,
    ds text,
    created_on {time},
    changed_on {time},
    date_only {bool} NOT NULL,
    no_public_expiry {bool} NOT NULL,
    facts_at {time},
    facts_source text NOT NULL,
    facts_server text NOT NULL,
    absent_since {time},
    absent_last_at {time},
    absent_sources text NOT NULL,
    absent_runs {int} NOT NULL,
    updated_at {time} NOT NULL
);

CREATE TABLE changes (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    "at" {time} NOT NULL,
    field text NOT NULL,
    "before" text NOT NULL,
    "after" text NOT NULL,
    observation_id {int} REFERENCES observations (id) ON DELETE RESTRICT
);
CREATE INDEX idx_change_domain_at ON changes (domain_id, "at");

CREATE TABLE registry_servers (
    server text NOT NULL PRIMARY KEY,
    blocked_until {time},
    failures {int} NOT NULL,
    last_outcome text NOT NULL,
    "day" text NOT NULL,
    day_count {int} NOT NULL,
    updated_at {time} NOT NULL
);

CREATE TABLE delegations (
    domain_id {int} NOT NULL PRIMARY KEY REFERENCES domains (id) ON DELETE RESTRICT,
    outcome text NOT NULL,
    parent_ns text NOT NULL,
    child_ns text NOT NULL,
    servers text NOT NULL,
    signed text NOT NULL,
    detail text NOT NULL,
    looked_at {time} NOT NULL,
    answer_at {time},
    updated_at {time} NOT NULL
);

CREATE TABLE expected_records (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    host text NOT NULL,
    "type" text NOT NULL,
    "match" text NOT NULL CHECK ("match" IN ('exact', 'one_of', 'contains', 'prefix', 'suffix', 'pattern')),
    "values" text NOT NULL,
    service text NOT NULL,
    purpose text NOT NULL,
    essential {bool} NOT NULL,
    state text NOT NULL CHECK (state IN ('ok', 'ok_flattened', 'wrong', 'missing', 'name_gone', 'delegation_broken', 'dangling', 'shadowed', 'zone_unreachable', 'unknown')),
    state_at {time},
    detail text NOT NULL,
    seen text,
    pending text NOT NULL,
    pending_at {time},
    confirm_at {time},
    looked_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_expected_record ON expected_records (domain_id, host, "type", "match", {digest values});

CREATE TABLE findings (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    code text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'minor', 'major', 'critical')),
    title text NOT NULL,
    detail text NOT NULL,
    next_step text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'resolved')),
    first_seen {time} NOT NULL,
    opened_at {time} NOT NULL,
    last_seen {time} NOT NULL,
    worsened_at {time},
    resolved_at {time},
    reopened {int} NOT NULL,
    cause_code text NOT NULL,
    observation_id {int} REFERENCES observations (id) ON DELETE RESTRICT,
    assignee text NOT NULL,
    snoozed_until {time}
);
CREATE UNIQUE INDEX idx_finding_key ON findings (domain_id, code, subject);
CREATE INDEX idx_findings_state ON findings (state);

CREATE TABLE cycles (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    expires_at {time} NOT NULL,
    opened_at {time} NOT NULL,
    closed_at {time},
    close_reason text NOT NULL
);
CREATE INDEX idx_cycles_domain_id ON cycles (domain_id);
CREATE UNIQUE INDEX idx_cycle_open ON cycles (domain_id) WHERE closed_at IS NULL;
CREATE INDEX idx_cycle_open_expires ON cycles (expires_at) WHERE closed_at IS NULL;

CREATE TABLE mails (
    id {id},
    contact_id {int} NOT NULL REFERENCES contacts (id) ON DELETE RESTRICT,
    "day" text NOT NULL,
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    recipient text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')),
    next_attempt_at {time} NOT NULL,
    attempts {int} NOT NULL,
    message_id text NOT NULL,
    thread_refs text NOT NULL,
    subject text NOT NULL,
    text_hash text NOT NULL,
    "text" text NOT NULL,
    last_error text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    sent_at {time}
);
CREATE UNIQUE INDEX idx_mail_contact_day ON mails (contact_id, "day");
CREATE INDEX idx_mails_client_id ON mails (client_id);
CREATE INDEX idx_mail_state_next ON mails (state, next_attempt_at);
CREATE UNIQUE INDEX idx_mails_message_id ON mails (message_id);

CREATE TABLE notices (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    cycle_id {int} NOT NULL REFERENCES cycles (id) ON DELETE RESTRICT,
    stage text NOT NULL,
    recipient text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'task')),
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    contact_id {int} REFERENCES contacts (id) ON DELETE RESTRICT,
    state text NOT NULL CHECK (state IN ('queued', 'held', 'mailed', 'sent', 'superseded', 'cancelled', 'blocked', 'failed')),
    due_at {time} NOT NULL,
    reason text NOT NULL,
    mail_id {int} REFERENCES mails (id) ON DELETE RESTRICT,
    expires_at {time} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    sent_at {time}
);
CREATE UNIQUE INDEX idx_notice_key ON notices (domain_id, cycle_id, stage, recipient, channel);
CREATE INDEX idx_notices_client_id ON notices (client_id);
CREATE INDEX idx_notices_contact_id ON notices (contact_id);
CREATE INDEX idx_notice_state_due ON notices (state, due_at);
CREATE INDEX idx_notices_mail_id ON notices (mail_id);

CREATE TABLE attempts (
    id {id},
    mail_id {int} NOT NULL REFERENCES mails (id) ON DELETE RESTRICT,
    "at" {time} NOT NULL,
    ended_at {time} NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sent', 'temporary', 'permanent', 'rejected')),
    code {int} NOT NULL,
    enhanced text NOT NULL,
    reply text NOT NULL
);
CREATE INDEX idx_attempts_mail_id ON attempts (mail_id);

CREATE TABLE links (
    id {id},
    contact_id {int} NOT NULL REFERENCES contacts (id) ON DELETE RESTRICT,
    mail_id {int} REFERENCES mails (id) ON DELETE RESTRICT,
    expires_at {time} NOT NULL,
    revoked_at {time},
    last_used_at {time},
    created_at {time} NOT NULL
);
CREATE INDEX idx_links_contact_id ON links (contact_id);
CREATE UNIQUE INDEX idx_links_mail_id ON links (mail_id);

CREATE TABLE answers (
    id {id},
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    cycle_id {int} NOT NULL REFERENCES cycles (id) ON DELETE RESTRICT,
    contact_id {int} NOT NULL REFERENCES contacts (id) ON DELETE RESTRICT,
    link_id {int} REFERENCES links (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('renewed', 'will_renew', 'auto_renew_on', 'letting_go', 'wrong_person')),
    renew_on {time},
    "at" {time} NOT NULL,
    "by" text NOT NULL,
    withdrawn {time}
);
CREATE INDEX idx_answers_domain_id ON answers (domain_id);
CREATE INDEX idx_answers_cycle_id ON answers (cycle_id);

CREATE TABLE brakes (
    id {id},
    pulled_at {time} NOT NULL,
    reason text NOT NULL,
    released_at {time},
    released_by text NOT NULL
);
CREATE UNIQUE INDEX idx_brake_on ON brakes ((released_at IS NULL)) WHERE released_at IS NULL;

CREATE TABLE entries (
    id {id},
    "at" {time} NOT NULL,
    kind text NOT NULL,
    client_id {int} REFERENCES clients (id) ON DELETE RESTRICT,
    domain_id {int} REFERENCES domains (id) ON DELETE RESTRICT,
    actor text NOT NULL,
    body text NOT NULL,
    prev text NOT NULL,
    hash text NOT NULL
);
CREATE INDEX idx_entries_client_id ON entries (client_id);
CREATE INDEX idx_entries_domain_id ON entries (domain_id);
CREATE UNIQUE INDEX idx_entries_hash ON entries (hash);

-- The one row that says how long the ledger is and how it ends, so that a line missing at its end is noticed too.
CREATE TABLE ledger_heads (
    id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
    entries {int} NOT NULL,
    hash text NOT NULL
);
INSERT INTO ledger_heads (id, entries, hash) VALUES (1, 0, '');

CREATE TABLE grants (
    id {id},
    client_id {int} NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    domain_id {int} REFERENCES domains (id) ON DELETE RESTRICT,
    platform text NOT NULL,
    asset text NOT NULL,
    role text NOT NULL,
    method text NOT NULL CHECK (method IN ('partner_access', 'manager_account', 'user_invitation', 'registrar_delegate', 'dns_zone_delegation', 'oauth', 'vault_share')),
    holder_kind text NOT NULL CHECK (holder_kind IN ('person', 'team', 'agency_identity')),
    holder text NOT NULL,
    purpose text NOT NULL,
    vault_link text NOT NULL,
    note text NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'granted', 'verified', 'review_due', 'to_revoke', 'revoked', 'declined', 'at_risk')),
    state_reason text NOT NULL,
    state_at {time} NOT NULL,
    asked_by text NOT NULL,
    asked_at {time},
    granted_by text NOT NULL,
    granted_at {time},
    recorded_by text NOT NULL,
    recorded_at {time} NOT NULL,
    verified_by text NOT NULL,
    verified_how text NOT NULL,
    verified_at {time},
    review_due {time},
    expected_end {time},
    revoked_by text NOT NULL,
    revoked_how text NOT NULL,
    revoked_at {time},
    version {int} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX idx_grants_client_id ON grants (client_id);
CREATE INDEX idx_grants_domain_id ON grants (domain_id);
CREATE INDEX idx_grants_holder ON grants (holder);
CREATE INDEX idx_grants_state ON grants (state);
CREATE INDEX idx_grants_review_due ON grants (review_due);

CREATE TABLE grant_events (
    id {id},
    grant_id {int} NOT NULL REFERENCES grants (id) ON DELETE RESTRICT,
    "at" {time} NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    note text NOT NULL
);
CREATE INDEX idx_grant_events_grant_id ON grant_events (grant_id);

CREATE TABLE users (
    id {id},
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'onboarding', 'ops', 'admin')),
    password_hash text NOT NULL,
    disabled_at {time},
    last_login_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_users_email ON users (email);

CREATE TABLE setup_tokens (
    id {id},
    hash text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time},
    created_at {time} NOT NULL
);
CREATE UNIQUE INDEX idx_setup_tokens_hash ON setup_tokens (hash);

CREATE TABLE sessions (
    token text NOT NULL PRIMARY KEY,
    data {bytes} NOT NULL,
    expires_at {time} NOT NULL
);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE TABLE sweeps (
    name text NOT NULL PRIMARY KEY,
    worker text NOT NULL,
    started_at {time},
    finished_at {time},
    error text NOT NULL,
    items {int} NOT NULL
);
