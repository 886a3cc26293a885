-- The state of the limits of registry servers, and indexes by which a server's due names are found in their order: without reading those
-- that are not due, and without sorting those that are.

ALTER TABLE registry_servers ADD COLUMN trial_until {time};
ALTER TABLE registry_servers ADD COLUMN pace text NOT NULL DEFAULT '{}';

DROP INDEX idx_domain_due_reg;
CREATE INDEX idx_domain_due_reg ON domains (registry_server, next_look_at, id) WHERE archived_at IS NULL;
CREATE INDEX idx_domain_due_near ON domains (registry_server, expires_at, next_look_at)
    WHERE archived_at IS NULL AND lifecycle <> 'released';
CREATE INDEX idx_domain_due_trouble ON domains (registry_server, next_look_at)
    WHERE archived_at IS NULL AND lifecycle <> 'released'
    AND (lifecycle IN ('expired', 'on_hold', 'pending_delete', 'redemption') OR look_outcome = 'absent');
CREATE INDEX idx_domain_due_new ON domains (registry_server, next_look_at, id) WHERE archived_at IS NULL AND checked_at IS NULL;
