-- What each source last stated, beside the merged registration; and for merged facts and changes who stated them.

CREATE TABLE statements (
    domain_id {int} NOT NULL REFERENCES domains (id) ON DELETE RESTRICT,
    source text NOT NULL CHECK (source IN ('rdap', 'registrar_rdap', 'whois')),
    server text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('', 'ok', 'absent')),
    facts text,
    "at" {time},
    observation_id {int} REFERENCES observations (id) ON DELETE RESTRICT,
    asked_at {time} NOT NULL,
    asked_outcome text NOT NULL,
    PRIMARY KEY (domain_id, source)
);

ALTER TABLE registrations ADD COLUMN sources text;

ALTER TABLE registrations ADD COLUMN turns text;

ALTER TABLE registrations ADD COLUMN confirmed_expiry {time};

ALTER TABLE changes ADD COLUMN source text NOT NULL DEFAULT '';
