-- What a line of the ledger tells of is found by the client and the instant.

DROP INDEX idx_entries_client_id;
CREATE INDEX idx_entries_client_at ON entries (client_id, "at");
