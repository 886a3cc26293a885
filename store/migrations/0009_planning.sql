-- What planning notices asks for besides the open cycles near their expiry: each is a handful of rows among very many.

CREATE INDEX idx_cycle_closed ON cycles (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX idx_domain_attested ON domains (attested_at) WHERE expiry_source = 'attested';
CREATE INDEX idx_finding_open_code ON findings (code, domain_id) WHERE state = 'open';
CREATE INDEX idx_notice_beside ON notices (domain_id) WHERE cycle_id IS NULL;
CREATE INDEX idx_notice_client_only ON notices (client_id) WHERE domain_id IS NULL;
CREATE INDEX idx_contact_opted_out ON contacts (opted_out_at) WHERE opted_out_at IS NOT NULL;
