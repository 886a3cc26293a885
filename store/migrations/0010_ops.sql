-- What ops and other programs are told: findings and registrations leave a line here in the transaction that changes them, which is taken out
-- in the transaction that makes the dispatches. A cursor would lose lines: ids do not become visible in their order.
CREATE TABLE happenings (
    id {id},
    kind text NOT NULL,
    "at" {time} NOT NULL,
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    body text NOT NULL
);

-- Targets that are switched off, and by whom: a webhook that answered 410 Gone.
CREATE TABLE dispatch_targets (
    name text NOT NULL PRIMARY KEY,
    off_at {time},
    why text NOT NULL,
    "by" text NOT NULL
);
CREATE INDEX idx_dispatch_target ON dispatches (target, state, next_attempt_at);

-- When a recurring task last ended without an error.
ALTER TABLE sweeps ADD COLUMN good_at {time};
UPDATE sweeps SET good_at = finished_at WHERE error = '';
